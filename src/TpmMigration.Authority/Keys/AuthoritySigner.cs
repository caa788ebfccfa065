using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Signatures;

namespace TpmMigration.Authority.Keys;

/// <summary>Signs in the name of the Migration Authority, with the private key beside its certificate.</summary>
internal sealed class AuthoritySigner(X509Certificate2 certificate) : IDocumentSigner
{
    private readonly ECDsa _key = certificate.GetECDsaPrivateKey() ?? throw new ArgumentException("The certificate has no ECC private key.", nameof(certificate));

    public SignerIdentity Identity { get; } = new CertificateIdentity([certificate.RawData]);

    public byte[] Sign(byte[] digest)
    {
        lock (_key) return _key.SignHash(digest, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    public void Dispose() => _key.Dispose();
}
