using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace TpmMigration.Fuzz.Targets;

/// <summary>Files of keys as other programs write them.</summary>
internal static class SampleSources
{
    internal static byte[] Password { get; } = Encoding.ASCII.GetBytes("secret");

    internal static IReadOnlyList<byte[]> All()
    {
        using ECDsa ecc = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using RSA rsa = RSA.Create(2048);
        using X509Certificate2 certificate = new CertificateRequest("CN=key", ecc, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        var encryption = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 10);
        return
        [
            certificate.ExportPkcs12(encryption, "secret"),
            certificate.ExportPkcs12(new PbeParameters(PbeEncryptionAlgorithm.TripleDes3KeyPkcs12, HashAlgorithmName.SHA1, 10), "secret"),
            ecc.ExportPkcs8PrivateKey(),
            ecc.ExportECPrivateKey(),
            ecc.ExportEncryptedPkcs8PrivateKey(Password, encryption),
            rsa.ExportPkcs8PrivateKey(),
            rsa.ExportRSAPrivateKey(),
            Encoding.ASCII.GetBytes(ecc.ExportPkcs8PrivateKeyPem() + "\n" + certificate.ExportCertificatePem() + "\n"),
            Encoding.ASCII.GetBytes(ecc.ExportECPrivateKeyPem() + "\n"),
            Encoding.ASCII.GetBytes(rsa.ExportRSAPrivateKeyPem() + "\n"),
            Encoding.ASCII.GetBytes(ecc.ExportEncryptedPkcs8PrivateKeyPem("secret", encryption) + "\n"),
        ];
    }
}
