using System;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tests.Keys.Data;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>The whole way of a family of keys with all that belongs to them.</summary>
public sealed class EndToEndTests
{
    [Fact]
    public void Keys_of_three_levels_arrive_with_password_certificate_and_file_and_the_key_signs_with_the_password_that_came_along()
    {
        using var a = new Machine();
        using var b = new Machine();
        using var authority = new TestCertificates();
        using KeyPasswords password = Machine.Password(key: "leaf-secret");
        a.Create("top", KeyRole.Storage, KeyAlgorithm.Rsa2048);
        a.Create("middle", KeyRole.Storage, parent: "top");
        StoredKey leaf = a.Create("leaf", parent: "middle", passwords: password);
        byte[] file = RandomNumberGenerator.GetBytes(1024 * 1024);
        byte[] certificate = authority.IssueFor(leaf);
        Put(a, KeyDataType.KeyPassword, null, Encoding.UTF8.GetBytes("leaf-secret"));
        Put(a, KeyDataType.CertificateChain, null, [.. certificate]);
        Put(a, KeyDataType.Data, "file", [.. file]);
        (string Name, byte[] Content)[] sent = All(a);
        MigrationDestination destination = b.Destination();
        MigrationPackage package = MigrationTests.Export(a, destination, ["top"], [a.Approve("top", destination)]);

        MigrationTests.Import(b, package, password);

        Assert.Equal(["leaf", "middle", AttestationKey.Name, "top"], b.StoredNames().Where(n => n != PlatformSigningKey.Name));
        foreach (string name in new[] { "top", "middle", "leaf" })
            Assert.Equal(a.Store.Find(name)!.Require().PublicArea().Marshal(), b.Store.Find(name)!.Require().PublicArea().Marshal());
        Assert.Equal(["certificate", "file", "password"], sent.Select(d => d.Name));
        Assert.Equal(sent.Select(d => (d.Name, Convert.ToBase64String(d.Content))), All(b).Select(d => (d.Name, Convert.ToBase64String(d.Content))));
        Assert.Equal(file, All(b).Single(d => d.Name == "file").Content);

        // The signature verifies by the certificate that came along, and the password that came along is what makes it.
        byte[] digest = SHA256.HashData("a document"u8);
        using X509Certificate2 arrived = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(All(b).Single(d => d.Name == "certificate").Content));
        Assert.Equal(certificate, arrived.RawData);
        using ECDsa verifier = arrived.GetECDsaPublicKey()!;
        Assert.True(verifier.VerifyHash(digest, Sign(b, digest, All(b).Single(d => d.Name == "password").Content)));
        Assert.Equal(TpmRc.AuthFail, Assert.Throws<TpmException>(() => Sign(b, digest, Encoding.UTF8.GetBytes("wrong-secret"))).Code);
    }

    private static byte[] Sign(Machine machine, byte[] digest, byte[] password) => machine.Run(loader =>
    {
        TpmObject key = loader.Load(loader.Store.Find("leaf")!.Require());
        try
        {
            TpmtSignature signature = loader.Device.Execute(
                new Sign { KeyHandle = key.Handle, Digest = digest, InScheme = new TpmtScheme(TpmAlgId.EcDsa, TpmAlgId.Sha256) }, loader.Session.Authorize(password));
            return EcdsaValue.Join(signature.R, signature.S!, 32);
        }
        finally
        {
            loader.Device.Flush(key.Handle);
        }
    });

    private static void Put(Machine machine, string type, string? name, byte[] content) => machine.Run(loader =>
    {
        StoredKey key = loader.Store.Find("leaf")!.Require();
        using var vault = new KeyDataVault(loader);
        using KeyData data = KeyDataContent.Make(key, type, name, null, content);
        vault.Put(key, data, replace: false);
        return true;
    });

    private static (string Name, byte[] Content)[] All(Machine machine) => machine.Run(loader =>
    {
        using var vault = new KeyDataVault(loader);
        return vault.GetAll(loader.Store.Find("leaf")!.Require()).Select(d => (d.Info.Name, (byte[])d.Content.Clone())).OrderBy(d => d.Name, StringComparer.Ordinal).ToArray();
    });
}
