using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Testing;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>With an inner wrap the Migration Authority never has a key, a password or data in the clear: what is known of them is in nothing of it.</summary>
public sealed class ConfidentialityTests : IDisposable
{
    private const string KeyPassword = "the password of the key is this", Content = "data that only the two machines are to read", Passphrase = "six words that nobody will guess";

    private readonly TemporaryFolder _folder = new("tpm-ma-secrets-");
    private readonly ClientMachine _source = new(), _target = new();
    private readonly Msa _msa = new();

    [Fact]
    public void Private_keys_passwords_and_data_are_in_neither_memory_nor_database_nor_log()
    {
        using var authority = new AuthorityProcess();
        authority.Do("init", "--name", "Example MA");
        authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath, "--reason", "of the tests");
        authority.Serve("--log", "json");
        using var client = new SoapClient(authority);
        MigrationDestination vault = client.AuthorityKey().ToDestination();
        (byte[] ecc, byte[] prime) = (Import(Ecc, "ecc"), Import(Rsa, "rsa"));

        MigrationPackage package = Export(vault, "ecc", "rsa");
        byte[] token = _source.Authenticate(client);
        client.Call("Upload", Part("Token", token), Part("Package", _source.Sign(package)));
        MigrationDestination destination = _target.Machine.Destination();
        byte[] elsewhere = _target.Authenticate(client);
        MigrationPackage released = ReleaseTests.Released(client.Call(
            "Download", Part("Token", elsewhere), Part("PackageId", package.Id), Part("Client", Hex.Format(_source.EndorsementArea.Name)), Part("Approval", ApprovalDocument.ToBytes(_msa.Decide(destination)))));
        authority.Do("rotate", "--reason", "of the tests");

        var known = new Dictionary<string, byte[]>
        {
            ["the scalar of the ECC key"] = ecc,
            ["a prime of the RSA key"] = prime,
            ["the password"] = Encoding.ASCII.GetBytes(KeyPassword),
            ["the password as text"] = Encoding.Unicode.GetBytes(KeyPassword),
            ["the data"] = Encoding.ASCII.GetBytes(Content),
            ["the data as text"] = Encoding.Unicode.GetBytes(Content),
            ["the passphrase"] = Encoding.ASCII.GetBytes(Passphrase),
        };
        byte[] there = package.Keys[0].PublicArea.Point!.X;
        foreach ((string place, IEnumerable<byte[]> content) in Places(authority))
        {
            bool isSeen = false;
            foreach (byte[] part in content)
            {
                isSeen |= part.AsSpan().IndexOf(there) >= 0 || part.AsSpan().IndexOf(Encoding.ASCII.GetBytes(package.Id.ToString("D"))) >= 0;
                foreach ((string what, byte[] secret) in known)
                {
                    Assert.True(part.AsSpan().IndexOf(secret) < 0, $"{what} is in {place}");
                    Assert.True(part.AsSpan().IndexOf(secret.AsEnumerable().Reverse().ToArray()) < 0, $"{what} is in {place}, backwards");
                }
            }
            // A search that finds nothing at all shows nothing.
            Assert.True(isSeen, $"What must be in {place} was not found there.");
        }

        // And what was searched for are the keys: they come out at the destination.
        Assert.Equal(2, _target.Machine.Run(loader =>
        {
            using KeyPasswords passwords = Machine.Password(key: KeyPassword);
            var request = new ImportRequest
            {
                Trust = new TrustVerdict(TrustStanding.Trusted, null, "Registered."),
                Recovery = new RecoveryMeans(Encoding.UTF8.GetBytes(Passphrase), []),
            };
            return new PackageImporter(loader, request, passwords).Import(released).Count;
        }));
    }

    public void Dispose()
    {
        _folder.Dispose();
        _source.Dispose();
        _target.Dispose();
        _msa.Dispose();
    }

    /// <summary>Brings a key from a file into the source's TPM, with a password and data.</summary>
    /// <returns>What is secret of it.</returns>
    private byte[] Import(Func<(byte[] Pkcs8, byte[] Secret)> make, string name)
    {
        (byte[] pkcs8, byte[] secret) = make();
        File.WriteAllText(_folder[name], PemEncoding.WriteString("PRIVATE KEY", pkcs8));
        _source.Machine.Run(
            loader =>
            {
                using KeyPasswords passwords = Machine.Password(key: KeyPassword);
                using KeySource source = KeySource.Load(_folder[name], []);
                KeySourceImporter.Import(loader, source, new KeySourceRequest { Name = name, Role = KeyRole.Sign }, passwords);
                using var vault = new KeyDataVault(loader);
                using var data = new KeyData(KeyDataType.Data, "note", "", Encoding.ASCII.GetBytes(Content));
                vault.Put(loader.Store.Find(name)!.Require(), data, replace: false);
                return true;
            },
            Machine.Password(key: KeyPassword));
        return secret;
    }

    private static (byte[] Pkcs8, byte[] Secret) Ecc()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (key.ExportPkcs8PrivateKey(), key.ExportParameters(true).D!);
    }

    private static (byte[] Pkcs8, byte[] Secret) Rsa()
    {
        using var key = RSA.Create(2048);
        return (key.ExportPkcs8PrivateKey(), key.ExportParameters(true).P!);
    }

    private MigrationPackage Export(MigrationDestination destination, params string[] names)
    {
        KeyPasswords passwords = Machine.Password(key: KeyPassword);
        OwnerApproval[] approvals = [.. names.Select(name => _source.Machine.Approve(name, destination, passwords, innerWrap: true))];
        return _source.Machine.Run(
            loader =>
            {
                var request = new ExportRequest
                {
                    Destination = destination,
                    Approvals = approvals,
                    ReleaseAuthorities = [_msa.Authority.Certificate!],
                    Recovery = new RecoveryRecipients([], Encoding.UTF8.GetBytes(Passphrase)),
                };
                using var exporter = new KeyExporter(loader, request, passwords);
                foreach (string name in names) exporter.Add(loader.Store.Find(name)!.Require());
                return exporter.Finish();
            },
            passwords);
    }

    private static IEnumerable<(string Place, IEnumerable<byte[]> Content)> Places(AuthorityProcess authority)
    {
        yield return ("the memory of the process", Memory(authority.ProcessId));
        authority.Stop();
        yield return ("the data directory", Directory.GetFiles(authority.DataPath).Select(File.ReadAllBytes));
        yield return ("the log", [Encoding.UTF8.GetBytes(string.Join('\n', authority.Log))]);
    }

    /// <summary>Whatever of a process can be read, in pieces that overlap.</summary>
    private static IEnumerable<byte[]> Memory(int process)
    {
        const int Piece = 16 * 1024 * 1024, Overlap = 4096;
        using FileStream memory = File.OpenRead($"/proc/{process}/mem");
        foreach (string line in File.ReadAllLines($"/proc/{process}/maps"))
        {
            string[] parts = line.Split(' ');
            if (!parts[1].StartsWith('r')) continue;
            long[] range = [.. parts[0].Split('-').Select(end => Convert.ToInt64(end, 16))];
            for (long at = range[0]; at < range[1] && at >= 0; at += Piece - Overlap)
            {
                byte[] piece = new byte[Math.Min(Piece, range[1] - at)];
                int size;
                try
                {
                    memory.Position = at;
                    size = memory.ReadAtLeast(piece, piece.Length, throwOnEndOfStream: false);
                }
                catch (IOException)
                {
                    break; // A page of the kernel's, which nobody reads.
                }
                yield return piece[..size];
            }
        }
    }
}
