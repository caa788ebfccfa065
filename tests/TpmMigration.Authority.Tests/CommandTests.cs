using System;
using System.IO;
using System.Net.Http;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Tasks;
using TpmMigration.Authority.Keys;
using TpmMigration.Keys;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Authority;

/// <summary>What an operator types.</summary>
public sealed class CommandTests(SharedPostgres postgres)
{
    [Fact]
    public async Task Init_and_serve_are_enough_for_a_service_with_TLS()
    {
        using var authority = new AuthorityProcess();
        authority.Do("init");
        authority.ServeTls();
        Assert.Equal("https", authority.Address.Scheme);
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile(authority.Directory.TlsCertificatePath);
        using var handler = new HttpClientHandler();
        handler.ServerCertificateCustomValidationCallback = (_, shown, _, errors) =>
            shown!.RawData.AsSpan().SequenceEqual(certificate.RawData) && (errors & System.Net.Security.SslPolicyErrors.RemoteCertificateNameMismatch) == 0;
        using var http = new HttpClient(handler);
        Assert.Contains("wsdl:definitions", await http.GetStringAsync(new Uri(authority.Address, "?wsdl")), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_TLS_the_service_listens_on_loopback_only()
    {
        using var authority = new AuthorityProcess();
        authority.Do("init");
        foreach (string address in new[] { "0.0.0.0:0", "[::]:0", "192.0.2.1:8080" })
            Failed(authority.Run("serve", "--http", "--listen", address), "loopback only");
        Failed(authority.Run("serve", "--listen", "nowhere"), "no address with a port");
        Failed(authority.Run("serve", "--listen", "127.0.0.1"), "no address with a port");
    }

    [Fact]
    public void The_data_directory_is_closed_to_others_and_never_overwritten()
    {
        using var authority = new AuthorityProcess();
        Failed(authority.Run("status"), "tpm-ma init");
        Failed(authority.Run("serve"), "tpm-ma init");
        Assert.False(Directory.Exists(authority.DataPath));
        authority.Do("init", "--name", "Contoso MA");
        byte[] keys = File.ReadAllBytes(authority.Directory.KeysPath);
        Failed(authority.Run("init"), "not overwritten");
        Assert.Equal(keys, File.ReadAllBytes(authority.Directory.KeysPath));
        Assert.Equal(0b111_000_000, UnixCalls.Mode(authority.DataPath));
        Assert.Equal(0b110_000_000, UnixCalls.Mode(authority.Directory.KeysPath));
        Assert.Equal(0b110_000_000, UnixCalls.Mode(authority.Directory.SecretPath));
        string status = authority.Do("status");
        Assert.Contains("Contoso MA", status, StringComparison.Ordinal);
        Assert.Contains("1 records, whole", status, StringComparison.Ordinal);
    }

    [Fact]
    public void A_database_that_cannot_be_used_is_refused_without_its_password_and_leaves_no_authority()
    {
        using var authority = new AuthorityProcess();
        string own = postgres.Server.CreateDatabase();
        Refused("Host=localhost;Database=vault;Pasword=geheim", "cannot be read");
        Refused(own.Replace(PostgresServer.Password, "geheim", StringComparison.Ordinal), "password authentication failed");
        Refused("Host=127.0.0.1;Port=1;Database=vault;Password=geheim", "127.0.0.1:1");
        authority.Do("init", "--database", own);
        File.WriteAllBytes(authority["root.crt"], Foreign.Certificate());
        authority.Do("trust", "add", authority["root.crt"]);
        using var other = new AuthorityProcess(own);
        Failed(other.Run("init", "--database", own), "another Migration Authority");
        Assert.False(File.Exists(other.Directory.KeysPath));

        void Refused(string connection, string why)
        {
            (int ExitCode, string Output, string Error) run = authority.Run("init", "--database", connection);
            Failed(run, why);
            Assert.DoesNotContain("geheim", run.Error, StringComparison.Ordinal);
            Assert.False(File.Exists(authority.Directory.KeysPath) || File.Exists(authority.Directory.ConnectionPath));
        }
    }

    [Fact]
    public void The_keys_open_with_their_secret_only_and_it_may_lie_elsewhere()
    {
        using var authority = new AuthorityProcess();
        string secret = authority["secret-elsewhere"];
        authority.Do("init", "--secret-file", secret);
        Assert.False(File.Exists(authority.Directory.SecretPath));
        Failed(authority.Run("status"), "--secret-file");
        authority.Do("status", "--secret-file", secret);
        File.WriteAllBytes(authority["other"], SecretBytes.Random(32));
        Failed(authority.Run("status", "--secret-file", authority["other"]), "do not open");
        byte[] keys = File.ReadAllBytes(authority.Directory.KeysPath);
        foreach (int at in new[] { 3, 20, 50, keys.Length - 1 })
        {
            byte[] altered = [.. keys];
            altered[at] ^= 1;
            File.WriteAllBytes(authority["altered"], altered);
            Assert.Equal(DataDirectoryFault.KeysRefused, Assert.Throws<DataDirectoryException>(() => AuthorityKeyFile.Read(authority["altered"], File.ReadAllBytes(secret))).Fault);
        }
        File.WriteAllBytes(authority["altered"], keys[..40]);
        Assert.Throws<DataDirectoryException>(() => AuthorityKeyFile.Read(authority["altered"], File.ReadAllBytes(secret)));
        using AuthorityKeys opened = AuthorityKeyFile.Read(authority.Directory.KeysPath, File.ReadAllBytes(secret));
        Assert.DoesNotContain(Encoding.Latin1.GetString(((SoftwareStorageKey)opened.StorageKey).Secret), Encoding.Latin1.GetString(keys), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_is_let_in_is_added_shown_and_removed()
    {
        using var authority = new AuthorityProcess();
        authority.Do("init");
        Failed(authority.Run("trust", "add", authority["none"]), "There is no file");
        File.WriteAllText(authority["text"], "no certificate");
        Failed(authority.Run("trust", "add", authority["text"]), "no certificate");
        Failed(authority.Run("trust", "add", authority["text"], "--endorsement-key"), "neither");
        byte[] root = Foreign.Certificate();
        File.WriteAllBytes(authority["root.crt"], root);
        Assert.StartsWith("Added: Root", authority.Do("trust", "add", authority["root.crt"], "--reason", "Contract 17"), StringComparison.Ordinal);
        Assert.StartsWith("There already: Root", authority.Do("trust", "add", authority["root.crt"]), StringComparison.Ordinal);
        string fingerprint = Hex.Format(TpmHash.Digest(TpmAlgId.Sha256, root));
        string list = authority.Do("trust", "list");
        Assert.Contains(fingerprint, list, StringComparison.Ordinal);
        Assert.Contains("Contract 17", list, StringComparison.Ordinal);
        authority.Do("trust", "remove", fingerprint);
        Assert.Equal(string.Empty, authority.Do("trust", "list"));
        Failed(authority.Run("trust", "remove", fingerprint), "Nobody of this fingerprint");
        Assert.Contains("3 records, whole", authority.Do("audit", "verify"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_audit_trail_is_verified_with_an_exit_code_and_against_a_head_that_is_known()
    {
        using var authority = new AuthorityProcess();
        authority.Do("init");
        string head = authority.Do("audit", "verify").Split(' ')[^1].Trim();
        File.WriteAllBytes(authority["root.crt"], Foreign.Certificate());
        authority.Do("trust", "add", authority["root.crt"]);
        authority.Do("audit", "verify", "--head", head);
        (int code, _, string error) = authority.Run("audit", "verify", "--head", new string('0', 64));
        Assert.Equal(2, code);
        Assert.Contains("broken", error, StringComparison.Ordinal);
        Failed(authority.Run("audit", "verify", "--head", "xyz"), "hexadecimal");
        Assert.Equal(2, authority.Do("audit", "export").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    private static void Failed((int ExitCode, string Output, string Error) run, string why)
    {
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(why, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }
}
