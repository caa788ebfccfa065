using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Signatures;

namespace TpmMigration.Tests.Signatures;

/// <summary>Signs with a key in memory and a certificate made for it: somebody with the right to sign, or an attacker with a key of their own.</summary>
internal sealed class SoftwareSigner : IDocumentSigner
{
    private readonly AsymmetricAlgorithm _key;

    public SoftwareSigner(AsymmetricAlgorithm key, string subject = "CN=signer", DateTimeOffset? notAfter = null)
    {
        _key = key;
        CertificateRequest request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), notAfter ?? DateTimeOffset.UtcNow.AddYears(20));
        Identity = new CertificateIdentity([certificate.RawData]);
    }

    public static SoftwareSigner Ecdsa() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public static SoftwareSigner Rsa() => new(RSA.Create(2048));

    public SignerIdentity Identity { get; }

    public byte[] Sign(byte[] digest) => _key is RSA rsa
        ? rsa.SignHash(digest, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
        : ((ECDsa)_key).SignHash(digest);

    public void Dispose() => _key.Dispose();
}
