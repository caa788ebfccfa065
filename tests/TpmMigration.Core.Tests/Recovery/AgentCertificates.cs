using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Recovery;

namespace TpmMigration.Tests.Recovery;

/// <summary>Certificates of recovery agents, each with its key in a PFX as agents keep it.</summary>
internal sealed record AgentCertificate(byte[] Der, byte[] Pfx)
{
    internal const string Password = "pfx-of-the-agent";

    internal RecoveryAgent Agent => new(Der);

    /// <param name="type">rsa (2048 bits), ecc (P-256) or ecc384.</param>
    /// <param name="name">The subject's common name.</param>
    /// <param name="usage">Null for what an agent needs.</param>
    /// <param name="untilDays">Days from now to its end.</param>
    internal static AgentCertificate Make(string type, string name, X509KeyUsageFlags? usage = null, int untilDays = 3650)
    {
        bool isRsa = type == "rsa";
        using AsymmetricAlgorithm key = isRsa ? RSA.Create(2048) : ECDsa.Create(type == "ecc" ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384);
        var subject = new X500DistinguishedName("CN=" + name);
        CertificateRequest request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            usage ?? X509KeyUsageFlags.DigitalSignature | (isRsa ? X509KeyUsageFlags.KeyEncipherment : X509KeyUsageFlags.KeyAgreement), true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(untilDays - 7300), DateTimeOffset.UtcNow.AddDays(untilDays));
        return new AgentCertificate(certificate.RawData, certificate.Export(X509ContentType.Pfx, Password));
    }

    internal CertificateSigner Open() => PfxSigner.Open(Pfx, "agent.pfx", Encoding.UTF8.GetBytes(Password));

    /// <summary>Private key and certificate in PEM, as other programs take them.</summary>
    internal (string Key, string Certificate) WritePem(string folder)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(Pfx, Password, X509KeyStorageFlags.Exportable);
        AsymmetricAlgorithm key = (AsymmetricAlgorithm?)certificate.GetRSAPrivateKey() ?? certificate.GetECDsaPrivateKey()!;
        string keyPath = Path.Combine(folder, "agent.key"), certificatePath = Path.Combine(folder, "agent.pem");
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(certificatePath, certificate.ExportCertificatePem());
        key.Dispose();
        return (keyPath, certificatePath);
    }

    internal static IReadOnlyList<RecoveryAgent> Agents(params AgentCertificate[] certificates) => Array.ConvertAll(certificates, c => c.Agent);
}
