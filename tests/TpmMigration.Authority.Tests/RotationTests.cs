using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Authority.Hosting;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Testing;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>Other keys for a service that runs: nothing is lost, and clients need not know.</summary>
public sealed class RotationTests(ClientMachine machine) : IClassFixture<ClientMachine>
{
    [Fact]
    public void All_packages_go_to_a_new_storage_key_while_the_service_runs_and_are_released_as_before()
    {
        using AuthorityProcess authority = Start();
        using var client = new SoapClient(authority);
        using var msa = new Msa();
        byte[] token = machine.Authenticate(client);
        MigrationDestination first = KeyOf(client);
        MigrationPackage mine = machine.Package(first), approved = machine.CertifiablePackage(first, 1, msa);
        byte[] late = machine.Export(first);
        byte[] content = machine.Sign(mine);
        foreach (byte[] package in new[] { content, machine.Sign(approved) }) client.Call("Upload", Part("Token", token), Part("Package", package));

        // Each algorithm is both one to wrap to and, in the next step, one to wrap from.
        Assert.DoesNotContain("wrapped anew", authority.Do("rotate", "--key-only", "--reason", "tests"), StringComparison.Ordinal);
        Assert.NotEqual(first.Parent.Name, KeyOf(client).Parent.Name);
        foreach ((string option, string name) in new[] { ("rsa2048", "RSA 2048"), ("ecc-p384", "ECC P-384"), ("rsa3072", "RSA 3072"), ("ecc-p256", "ECC P-256") })
        {
            Assert.Contains("2 wrapped anew", authority.Do("rotate", "--storage-key", option, "--reason", "tests"), StringComparison.Ordinal);
            Assert.Equal(name, client.Call("GetMAServiceInformation").Element(Ns + "StorageKeyAlgorithm")!.Value);
            Assert.NotEqual(first.Parent.Name, KeyOf(client).Parent.Name);
            // A package is as it came: the same upload changes nothing.
            Assert.Equal("true", client.Call("Upload", Part("Token", token), Part("Package", content)).Element(Ns + "AlreadyStored")!.Value);
        }
        MigrationPackage back = Released(client.Call("Download", Part("Token", token), Part("PackageId", mine.Id)));
        // The way tells the key that was approved, whatever the service did with it since.
        Assert.Equal((Hex.Format(first.Parent.Name), true), (Hex.Format(Assert.Single(back.Rewraps).ParentName), back.Rewraps[0].IsReturn));
        AssertImports(mine, back);
        AssertImports(approved, Released(client.Call(
            "Download", Part("Token", token), Part("PackageId", approved.Id), Part("Approval", ApprovalDocument.ToBytes(msa.Decide(machine.Machine.Destination()))))));

        // What was wrapped to the first key is taken in as long as that is kept.
        client.Call("Upload", Part("Token", token), Part("Package", late));
        (int code, string output, string error) = authority.Run("rotate", "--retire", "--reason", "tests");
        Assert.Equal(1, code);
        Assert.Contains("rotate --resume", error, StringComparison.Ordinal);
        Assert.Contains($"{Hex.Format(first.Parent.Name)} ECC P-256: the last package for it was laid in", output, StringComparison.Ordinal);
        Assert.Contains("1 wrapped anew", authority.Do("rotate", "--resume", "--reason", "tests"), StringComparison.Ordinal);
        authority.Do("rotate", "--retire", "--reason", "tests");
        client.Refused("PackageNotForThisAuthority", "Upload", Part("Token", token), Part("Package", machine.Export(first)));
        client.Call("Upload", Part("Token", token), Part("Package", machine.Export(KeyOf(client))));
        OperationTests.AssertFails(authority.Run("rotate", "--retire", "--reason", "tests"), "no older storage key");
        Assert.Contains("records, whole", authority.Do("audit", "verify"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rotation_that_is_killed_loses_nothing_and_is_gone_on_with()
    {
        const int Packages = 150, Deaths = 3;
        using AuthorityProcess authority = Start();
        using var client = new SoapClient(authority);
        byte[] token = machine.Authenticate(client);
        foreach (byte[] package in machine.Sign(machine.Again(machine.Package(KeyOf(client)), Packages))) client.Call("Upload", Part("Token", token), Part("Package", package));
        using (var rotation = new AuthorityProcess(authority)) await rotation.RunUntilItSays("New storage key", ["rotate", "--reason", "tests"]);
        for (int i = 1; i < Deaths; i++)
        {
            using var rotation = new AuthorityProcess(authority);
            await rotation.RunUntilItSays("Wrapped anew", ["rotate", "--reason", "tests"]);
        }
        AssertAllOpen(authority, Packages);
        authority.Do("rotate", "--resume", "--reason", "tests");
        AssertAllOpen(authority, Packages);
        using AuthorityKeys keys = Keys(authority);
        Assert.Equal(1 + Deaths, keys.StorageKeys.Count);
        Assert.All(Entries(authority), entry => Assert.Equal(Hex.Format(keys.StorageKey.Name), Hex.Format(entry.StorageKey)));
        authority.Do("rotate", "--retire", "--reason", "tests");
        AssertAllOpen(authority, Packages);
        Guid id = Entries(authority)[0].Id;
        Released(client.Call("Download", Part("Token", token), Part("PackageId", id)));
    }

    [Fact]
    public void A_package_that_was_changed_in_the_database_stays_where_it_is_and_the_others_go_on()
    {
        using AuthorityProcess authority = Start();
        using var client = new SoapClient(authority);
        byte[] token = machine.Authenticate(client);
        string[] ids = [.. machine.Sign(machine.Again(machine.Package(KeyOf(client)), 3)).Select(package => client.Call("Upload", Part("Token", token), Part("Package", package)).Element(Ns + "PackageId")!.Value)];
        using (VaultDatabase database = OpenAuthority.OpenDatabase(authority.Directory))
            database.Write(transaction => transaction.Execute("UPDATE package SET received = received + 1 WHERE id = @id", ("id", ids[1])));
        (int code, _, string error) = authority.Run("rotate", "--reason", "tests");
        Assert.Equal(1, code);
        Assert.Contains(ids[1], error, StringComparison.Ordinal);
        Assert.Contains("altered", error, StringComparison.Ordinal);
        OperationTests.AssertFails(authority.Run("rotate", "--retire", "--reason", "tests"), "1 packages are wrapped");
        foreach (string id in new[] { ids[0], ids[2] }) client.Call("Download", Part("Token", token), Part("PackageId", id));
        OperationTests.AssertFails(authority.Run("rotate", "--storage-key", "dsa", "--reason", "tests"), "no storage key 'dsa'");
        using var rotation = new FileStream(authority.Directory.RotationLockPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        OperationTests.AssertFails(authority.Run("rotate", "--resume", "--reason", "tests"), "Another rotation");
        OperationTests.AssertFails(authority.Run("rotate", "--resume", "--tls", "--reason", "tests"), "One thing at a time");
    }

    [Fact]
    public async Task The_certificate_of_TLS_changes_without_a_restart_the_services_own_and_the_operators()
    {
        using var authority = new AuthorityProcess();
        authority.Do("init", "--host", "ma.example");
        authority.ServeTls();
        using X509Certificate2 before = await Shown(authority);
        authority.Do("rotate", "--tls", "--reason", "tests");
        using X509Certificate2 after = await Shown(authority);
        Assert.NotEqual(before.Thumbprint, after.Thumbprint);
        Assert.Contains("ma.example", TpmMigration.Authority.Keys.AuthorityCertificates.HostsOf(after));
        using (X509Certificate2 written = X509CertificateLoader.LoadCertificateFromFile(authority.Directory.TlsCertificatePath)) Assert.Equal(after.Thumbprint, written.Thumbprint);
        Assert.Equal(0, authority.Stop());

        using X509Certificate2 own = AdministrationScene.Certificate("CN=Own"), renewed = AdministrationScene.Certificate("CN=Renewed");
        string pem = authority["tls.pem"], pfx = authority["tls.pfx"], password = authority["password"];
        WritePem(pem, own);
        authority.ServeTls("--tls-certificate", pem);
        using (X509Certificate2 shown = await Shown(authority)) Assert.Equal(own.Thumbprint, shown.Thumbprint);
        WritePem(pem, renewed);
        using (X509Certificate2 shown = await Shown(authority)) Assert.Equal(renewed.Thumbprint, shown.Thumbprint);
        // A file that is not whole changes nothing.
        File.WriteAllText(pem, "-----BEGIN CERTIFICATE-----");
        using (X509Certificate2 shown = await Shown(authority)) Assert.Equal(renewed.Thumbprint, shown.Thumbprint);
        Assert.Equal(0, authority.Stop());
        File.WriteAllBytes(pfx, own.Export(X509ContentType.Pkcs12, "secret"));
        File.WriteAllText(password, "secret\n");
        authority.ServeTls("--tls-certificate", pfx, "--tls-password-file", password);
        using (X509Certificate2 shown = await Shown(authority)) Assert.Equal(own.Thumbprint, shown.Thumbprint);
    }

    private static AuthorityProcess Start()
    {
        AuthorityProcess authority = AuthorityProcess.Start();
        authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath);
        return authority;
    }

    private static MigrationDestination KeyOf(SoapClient client) => client.AuthorityKey().ToDestination();

    private static AuthorityKeys Keys(AuthorityProcess authority) => AuthorityKeyFile.Read(authority.Directory.KeysPath, authority.Directory.ReadSecret());

    private static IReadOnlyList<PackageEntry> Entries(AuthorityProcess authority)
    {
        using VaultDatabase database = OpenAuthority.OpenDatabase(authority.Directory);
        return database.Read(transaction => PackageVault.Page(transaction, null, null, null, 10_000));
    }

    /// <summary>Each package is sealed, whole, and opens with the key that the database names.</summary>
    private static void AssertAllOpen(AuthorityProcess authority, int count)
    {
        using AuthorityKeys keys = Keys(authority);
        var seal = new PackageSeal(keys.StateSecret);
        IReadOnlyList<PackageEntry> entries = Entries(authority);
        Assert.Equal(count, entries.Count);
        using VaultDatabase database = OpenAuthority.OpenDatabase(authority.Directory);
        foreach (PackageEntry entry in entries)
        {
            StoredContent content = database.Read(transaction => PackageVault.Content(transaction, entry.Client, entry.Id))!;
            Assert.True(seal.Holds(entry, content));
            keys.Find(entry.StorageKey)!.RequireOpens(PackageReader.Read(new MemoryStream(content.Content)));
        }
    }

    private static MigrationPackage Released(XElement answer)
    {
        using var content = new MemoryStream(ClientMachine.Bytes(answer, "Package"));
        MigrationPackage package = PackageReader.Read(content);
        PackageApprovals.Check(package);
        return package;
    }

    /// <summary>The machine has lost its store and takes the key in again.</summary>
    private void AssertImports(MigrationPackage lost, MigrationPackage package) => machine.Machine.Run(loader =>
    {
        using var passwords = new KeyPasswords();
        KeyRemover.Remove(loader, [lost.Keys[0].Name], passwords);
        var request = new ImportRequest { Trust = new TrustVerdict(TrustStanding.Trusted, null, "Registered.") };
        Assert.Equal(lost.Keys[0].PublicArea.Name, Assert.Single(new PackageImporter(loader, request, passwords).Import(package)).PublicArea().Name);
        return 0;
    });

    private static void WritePem(string path, X509Certificate2 certificate)
    {
        using System.Security.Cryptography.ECDsa key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(path, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    private static async Task<X509Certificate2> Shown(AuthorityProcess authority)
    {
        X509Certificate2? shown = null;
        using var handler = new HttpClientHandler();
        handler.ServerCertificateCustomValidationCallback = (_, certificate, _, _) =>
        {
            shown = X509CertificateLoader.LoadCertificate(certificate!.RawData);
            return true;
        };
        using var http = new HttpClient(handler);
        await http.GetStringAsync(new Uri(authority.Address, "?wsdl"), TestContext.Current.CancellationToken);
        return shown!;
    }
}
