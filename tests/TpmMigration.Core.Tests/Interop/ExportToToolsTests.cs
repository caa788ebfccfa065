using System;
using System.Linq;
using System.Security.Cryptography;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Testing;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Interop;

/// <summary>What the engine exports, other people's tools take in.</summary>
public sealed class ExportToToolsTests
{
    private static readonly byte[] Message = [1, 2, 3, 4, 5];

    [Theory]
    [InlineData(KeyAlgorithm.Rsa2048, "ecc256", "")]
    [InlineData(KeyAlgorithm.EccP256, "ecc256", "secret")]
    [InlineData(KeyAlgorithm.EccP256, "rsa2048", "")]
    public void The_tpm2_tools_import_our_export_and_sign_with_it(KeyAlgorithm algorithm, string parent, string password)
    {
        using Machine b = Workbench.WithStorageRoot(parent);
        (PackageKey key, MigrationBlob blob) = ExportTo(b, algorithm, password);
        SimulatedTpm tpm = b.Tpm;
        tpm.WriteFile("key.pub", key.PublicArea.MarshalSized());
        tpm.WriteFile("key.dup", SizedBytes.Join(blob.Duplicate));
        tpm.WriteFile("key.seed", SizedBytes.Join(blob.EncryptedSeed));
        tpm.WriteFile("message", Message);

        tpm.Tpm2("import", "-C", Workbench.StorageRoot, "-u", "key.pub", "-i", "key.dup", "-s", "key.seed", "-r", "key.priv");
        tpm.Tpm2("load", "-C", Workbench.StorageRoot, "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx");
        tpm.Tpm2(
            "sign", "-c", "key.ctx", "-p", password, "-g", "sha256", "-s", algorithm == KeyAlgorithm.Rsa2048 ? "rsassa" : "ecdsa", "-o", "signature", "message");

        AssertSignedBy(key.PublicArea, tpm.ReadFile("signature"));
    }

    [Theory]
    [InlineData(KeyAlgorithm.Rsa2048, "-rsa")]
    [InlineData(KeyAlgorithm.EccP256, "-ecc")]
    public void The_tools_of_IBM_import_our_export_and_sign_with_it(KeyAlgorithm algorithm, string scheme)
    {
        using Machine b = Workbench.WithStorageRoot();
        (PackageKey key, MigrationBlob blob) = ExportTo(b, algorithm, "secret");
        SimulatedTpm tpm = b.Tpm;
        tpm.WriteFile("key.pub", key.PublicArea.MarshalSized());
        tpm.WriteFile("message", Message);

        // These tools keep both blobs without their sizes.
        tpm.WriteFile("key.dup", blob.Duplicate);
        tpm.WriteFile("key.seed", blob.EncryptedSeed);
        tpm.Ibm("import", "-hp", "81000001", "-ipu", "key.pub", "-id", "key.dup", "-iss", "key.seed", "-opr", "key.priv");
        string handle = Workbench.Handle(tpm.Ibm("load", "-hp", "81000001", "-ipu", "key.pub", "-ipr", "key.priv"));
        tpm.Ibm("sign", "-hk", handle, "-pwdk", "secret", "-halg", "sha256", scheme, "-if", "message", "-os", "signature");

        AssertSignedBy(key.PublicArea, tpm.ReadFile("signature"));
    }

    [Fact]
    public void The_tpm2_tools_load_the_child_of_our_export_under_its_imported_parent()
    {
        using var a = new Machine();
        using Machine b = Workbench.WithStorageRoot();
        a.Create("vault", KeyRole.Storage);
        a.Create("web", KeyRole.Sign, parent: "vault", movesWithParent: true);
        MigrationDestination destination = b.Destination();
        MigrationPackage package = MigrationTests.Export(a, destination, ["vault"], [a.Approve("vault", destination)]);
        PackageKey vault = package.Keys[0], web = package.Keys[1];
        MigrationBlob blob = Assert.IsType<MigrationBlob>(vault.Blob);
        SimulatedTpm tpm = b.Tpm;
        tpm.WriteFile("vault.pub", vault.PublicArea.MarshalSized());
        tpm.WriteFile("vault.dup", SizedBytes.Join(blob.Duplicate));
        tpm.WriteFile("vault.seed", SizedBytes.Join(blob.EncryptedSeed));
        tpm.WriteFile("web.pub", web.PublicArea.MarshalSized());
        tpm.WriteFile("web.priv", SizedBytes.Join(Assert.IsType<ChildBlob>(web.Blob).Private));
        tpm.WriteFile("message", Message);

        tpm.Tpm2("import", "-C", Workbench.StorageRoot, "-u", "vault.pub", "-i", "vault.dup", "-s", "vault.seed", "-r", "vault.priv");
        tpm.Tpm2("load", "-C", Workbench.StorageRoot, "-u", "vault.pub", "-r", "vault.priv", "-c", "vault.ctx");
        tpm.Tpm2("load", "-C", "vault.ctx", "-u", "web.pub", "-r", "web.priv", "-c", "web.ctx");
        tpm.Tpm2("sign", "-c", "web.ctx", "-g", "sha256", "-s", "ecdsa", "-o", "signature", "message");

        AssertSignedBy(web.PublicArea, tpm.ReadFile("signature"));
    }

    [Fact]
    public void The_tpm2_tools_refuse_our_export_at_a_machine_that_it_is_not_for()
    {
        using Machine b = Workbench.WithStorageRoot();
        using Machine c = Workbench.WithStorageRoot();
        (PackageKey key, MigrationBlob blob) = ExportTo(b, KeyAlgorithm.EccP256, "");
        c.Tpm.WriteFile("key.pub", key.PublicArea.MarshalSized());
        c.Tpm.WriteFile("key.dup", SizedBytes.Join(blob.Duplicate));
        c.Tpm.WriteFile("key.seed", SizedBytes.Join(blob.EncryptedSeed));

        ToolFailedException refusal = Assert.Throws<ToolFailedException>(() => c.Tpm.Tool(
            "tpm2_import", "-C", Workbench.StorageRoot, "-u", "key.pub", "-i", "key.dup", "-s", "key.seed", "-r", "key.priv"));

        // Any ECC key agrees on some secret with the sender's point; only the right one agrees on that of the seed.
        Assert.Contains("integrity check failed", refusal.Message, StringComparison.Ordinal);
    }

    private static (PackageKey Key, MigrationBlob Blob) ExportTo(Machine b, KeyAlgorithm algorithm, string password)
    {
        using var a = new Machine();
        KeyPasswords passwords = Machine.Password(key: password);
        a.Create("k", KeyRole.Sign, algorithm, passwords: passwords);
        MigrationDestination destination = b.Destination();
        MigrationPackage package = MigrationTests.Export(a, destination, ["k"], [a.Approve("k", destination)], passwords);
        PackageKey key = package.Keys.Single();
        return (key, Assert.IsType<MigrationBlob>(key.Blob));
    }

    private static void AssertSignedBy(TpmtPublic key, byte[] signature)
    {
        TpmtSignature read = TpmtSignature.Unmarshal(signature);
        Assert.True(key.Verifies(SHA256.HashData(Message), read));
        Assert.False(key.Verifies(SHA256.HashData([1, 2, 3, 4, 6]), read));
    }
}
