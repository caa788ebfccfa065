using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Approvals;

namespace TpmMigration.Authority.Keys;

/// <summary>The private key beside a certificate, for signing documents.</summary>
internal sealed class EcdsaCertificateKey(X509Certificate2 certificate) : ICertificateKey
{
    private readonly ECDsa _key = certificate.GetECDsaPrivateKey() ?? throw new ArgumentException("The certificate has no ECC private key.", nameof(certificate));

    public byte[] Sign(byte[] digest) => _key.SignHash(digest, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public void Dispose() => _key.Dispose();
}
