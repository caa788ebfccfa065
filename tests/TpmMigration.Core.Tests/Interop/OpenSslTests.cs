using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tests.Migration;
using Xunit;

namespace TpmMigration.Tests.Interop;

/// <summary>Key files of the store serve OpenSSL after a migration as they did before it.</summary>
public sealed class OpenSslTests
{
    [Theory]
    [InlineData(KeyAlgorithm.EccP256, "", false)]
    [InlineData(KeyAlgorithm.EccP256, "secret", true)]
    [InlineData(KeyAlgorithm.EccP384, "", true)]
    [InlineData(KeyAlgorithm.Rsa2048, "secret", false)]
    public void A_migrated_key_signs_a_certificate_request(KeyAlgorithm algorithm, string password, bool persistentRoot)
    {
        using var a = new Machine();
        using Machine b = persistentRoot ? Workbench.WithStorageRoot() : new Machine();
        KeyPasswords passwords = Machine.Password(key: password);
        a.Create("web", algorithm: algorithm, passwords: passwords);
        byte[] publicKey = PublicKeyByTools(a, "web");
        MigrationDestination destination = b.Destination();
        MigrationPackage package = MigrationTests.Export(a, destination, ["web"], [a.Approve("web", destination)], passwords);

        MigrationTests.Import(b, package, passwords);

        Assert.Equal(publicKey, RequestedKey(b, "web", password));
    }

    [Theory]
    [InlineData(KeyAlgorithm.EccP256, KeyAlgorithm.EccP256)]
    [InlineData(KeyAlgorithm.EccP256, KeyAlgorithm.Rsa2048)]
    [InlineData(KeyAlgorithm.Rsa2048, KeyAlgorithm.EccP256)]
    public void A_child_of_a_migrated_persistent_storage_key_signs_a_certificate_request(KeyAlgorithm storage, KeyAlgorithm child)
    {
        using var a = new Machine();
        using var b = new Machine();
        a.Create("vault", KeyRole.Storage, storage);
        a.Create("web", KeyRole.Sign, child, parent: "vault", movesWithParent: true);
        byte[] publicKey = PublicKeyByTools(a, "web");
        MigrationDestination destination = b.Destination();
        MigrationPackage package = MigrationTests.Export(a, destination, ["vault"], [a.Approve("vault", destination)]);

        MigrationTests.Import(b, package, request: new ImportRequest { Trust = Trusted.Signer, Persist = true });

        Assert.Equal(0x81u, b.Store.Find("web")!.Require().KeyFile.Parent >> 24);
        Assert.Equal(publicKey, RequestedKey(b, "web", ""));
    }

    /// <summary>The key's SubjectPublicKeyInfo, as tpm2-tools make it of the public area on this machine.</summary>
    private static byte[] PublicKeyByTools(Machine machine, string name)
    {
        machine.Tpm.WriteFile("key.pub", machine.Store.Find(name)!.Require().KeyFile.Public);
        machine.Tpm.WriteFile("key.pem", Encoding.ASCII.GetBytes(machine.Tpm.Tool("tpm2_print", "-t", "TPM2B_PUBLIC", "-f", "pem", "key.pub")));
        machine.Tpm.Tool("openssl", "pkey", "-pubin", "-in", "key.pem", "-outform", "DER", "-out", "key.der");
        return machine.Tpm.ReadFile("key.der");
    }

    /// <summary>Has OpenSSL sign a request with the key file of the store, and returns the public key that verifies it.</summary>
    private static byte[] RequestedKey(Machine machine, string name, string password)
    {
        machine.Tpm.Tool(
            "openssl", "req", "-new", "-provider", "tpm2", "-provider", "default", "-propquery", "?provider=tpm2", "-passin", "pass:" + password,
            "-key", Path.Combine(machine.StorePath, name + ".pem"), "-subj", "/CN=gateway", "-out", "request.pem");

        // Loading checks the signature, without the TPM and without OpenSSL's provider for it.
        return CertificateRequest.LoadSigningRequestPem(
            Encoding.ASCII.GetString(machine.Tpm.ReadFile("request.pem")), HashAlgorithmName.SHA256,
            signerSignaturePadding: RSASignaturePadding.Pkcs1).PublicKey.ExportSubjectPublicKeyInfo();
    }
}
