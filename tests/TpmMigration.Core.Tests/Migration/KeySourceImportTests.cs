using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tests.Interop;
using TpmMigration.Tests.Keys.Sources;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>Keys that were made in software come into the TPM, and migrate from then on like those made in it.</summary>
public sealed class KeySourceImportTests(KeySourceFiles files) : IClassFixture<KeySourceFiles>
{
    private const string FilePassword = "file-secret";

    [Theory]
    [InlineData("rsa2048", "pfx", "", false)]
    [InlineData("rsa3072", "encrypted.pem", "", false)]
    [InlineData("p256", "encrypted.der", "key-secret", true)]
    [InlineData("p384", "own.pem", "", true)]
    public void A_key_from_a_file_signs_here_and_after_migration_on_another_machine(string algorithm, string form, string password, bool persistentRoot)
    {
        using Machine a = persistentRoot ? Workbench.WithStorageRoot(algorithm == "p384" ? "rsa2048" : "ecc256") : new Machine();
        using var b = new Machine();
        string path = files.Make(algorithm, form, FilePassword);
        byte[] before = File.ReadAllBytes(path);
        KeyPasswords passwords = Machine.Password(key: password);

        ImportedKeySource imported = Import(a, path, passwords: passwords);

        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal(form == "pfx" ? 2 : 0, imported.Certificates.Count);
        Assert.Equal(form == "pfx" ? [KeyDataType.CertificateChain] : Array.Empty<string>(), KeyDataVault.List(a.Store, imported.Key).Select(info => info.Type));
        TpmtPublic key = a.Store.Find("k")!.Require().PublicArea();
        Assert.Equal(KeyKind.Migratable, KeyClassification.Of(key, []).Kind);
        Assert.False(key.Has(TpmaObject.SensitiveDataOrigin));
        AssertSigns(a, algorithm, password);
        MigrationDestination destination = b.Destination();
        MigrationPackage package = MigrationTests.Export(a, destination, ["k"], [a.Approve("k", destination, passwords)], passwords);
        MigrationTests.Import(b, package, passwords);
        AssertSigns(b, algorithm, password);
    }

    [Theory]
    [InlineData("rsa2048")]
    [InlineData("p256")]
    public void A_key_for_decryption_is_proven_by_decrypting(string algorithm)
    {
        using var machine = new Machine();
        ImportedKeySource imported = Import(machine, files.Make(algorithm, "pkcs8.pem", ""), KeyRole.Decrypt);
        Assert.Equal(KeyRole.Decrypt, KeyTemplates.RoleOf(imported.Key.PublicArea()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_key_comes_in_under_a_storage_key_of_the_store(bool encryptedDuplication)
    {
        using var machine = new Machine();
        machine.Create("vault", KeyRole.Storage, encryptedDuplication: encryptedDuplication);
        ImportedKeySource imported = Import(machine, files.Make("p256", "pkcs8.pem", ""), parent: "vault");
        Assert.Equal("vault", imported.Key.Record.Parent.KeyName);
        Assert.Equal(encryptedDuplication, imported.Key.PublicArea().Has(TpmaObject.EncryptedDuplication));
    }

    [Theory]
    [InlineData("rsa2048", false)]
    [InlineData("rsa2048", true)]
    [InlineData("p256", false)]
    [InlineData("p256", true)]
    public void Neither_the_private_key_nor_a_password_crosses_the_bus(string algorithm, bool encryptedDuplication)
    {
        using var machine = new Machine();
        using KeyPasswords passwords = Machine.Password(key: "key-secret");
        RecordingTransport? recording = null;
        string path = files.Make(algorithm, "encrypted.pem", FilePassword);
        machine.Run(loader => Import(loader, path, new KeySourceRequest { Name = "k", Role = KeyRole.Sign, EncryptedDuplication = encryptedDuplication }, passwords), passwords, inner => recording = new RecordingTransport(inner));

        byte[] secret = files.Secret(algorithm);
        byte[][] needles = [secret, [.. secret.Reverse()], secret[..16], secret[^16..], Encoding.UTF8.GetBytes("key-secret"), Encoding.UTF8.GetBytes(FilePassword)];
        List<byte[]> frames = recording!.Exchanges.SelectMany(e => new[] { e.Command, e.Response ?? [] }).ToList();
        Assert.Contains(frames, frame => frame.AsSpan().IndexOf(machine.Store.Find("k")!.Require().PublicArea().Marshal()) >= 0);
        Assert.All(needles, needle => Assert.DoesNotContain(frames, frame => frame.AsSpan().IndexOf(needle) >= 0));
    }

    [Fact]
    public void A_name_that_is_taken_is_refused_and_the_TPM_left_alone()
    {
        using var machine = new Machine();
        machine.Create("k");
        KeyStoreException refusal = Scene.Fails<KeyStoreException>(machine, () => Import(machine, files.Make("p256", "pkcs8.pem", "")));
        Assert.Equal(KeyStoreFault.KeyExists, refusal.Fault);
    }

    [Fact]
    public void A_storage_key_is_not_brought_from_a_file()
    {
        using var machine = new Machine();
        Scene.Fails<ArgumentException>(machine, () => Import(machine, files.Make("p256", "pkcs8.pem", ""), KeyRole.Storage));
    }

    [Fact]
    public void A_password_longer_than_the_TPM_takes_is_refused()
    {
        using var machine = new Machine();
        Scene.Fails<ArgumentException>(machine, () => Import(machine, files.Make("p256", "pkcs8.pem", ""), passwords: Machine.Password(key: new string('x', 33))));
    }

    private static ImportedKeySource Import(Machine machine, string path, KeyRole role = KeyRole.Sign, string? parent = null, KeyPasswords? passwords = null) =>
        machine.Run(loader => Import(loader, path, new KeySourceRequest { Name = "k", Role = role, Parent = parent }, passwords ?? new KeyPasswords()), passwords);

    private static ImportedKeySource Import(KeyLoader loader, string path, KeySourceRequest request, KeyPasswords passwords)
    {
        using KeySource source = KeySource.Load(path, Encoding.UTF8.GetBytes(FilePassword));
        return KeySourceImporter.Import(loader, source, request, passwords);
    }

    /// <summary>OpenSSL signs with the key file, and verifies with the public key that the file had before there was a TPM.</summary>
    private void AssertSigns(Machine machine, string algorithm, string password)
    {
        machine.Tpm.WriteFile("message", [1, 2, 3]);
        machine.Tpm.WriteFile("public.der", files.PublicKey(algorithm));
        machine.Tpm.Tool(
            "openssl", "dgst", "-sha256", "-provider", "tpm2", "-provider", "default", "-propquery", "?provider=tpm2", "-passin", "pass:" + password,
            "-sign", Path.Combine(machine.StorePath, "k.pem"), "-out", "signature", "message");
        machine.Tpm.Tool("openssl", "dgst", "-sha256", "-verify", "public.der", "-keyform", "DER", "-signature", "signature", "message");
    }
}
