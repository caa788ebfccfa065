using System.IdentityModel.Selectors;
using System.IdentityModel.Tokens;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Tpm;

namespace TpmMigration.Authorities;

/// <summary>Takes one certificate of TLS, that of the service itself, whoever issued it and whatever names it has.</summary>
/// <param name="fingerprint">Its SHA-256, 32 bytes.</param>
internal sealed class PinnedTlsCertificate(byte[] fingerprint) : X509CertificateValidator
{
    /// <summary>The fingerprint of the certificate that was refused; null as long as none was.</summary>
    internal byte[]? Refused { get; private set; }

    public override void Validate(X509Certificate2 certificate)
    {
        byte[] shown = TpmHash.Digest(TpmAlgId.Sha256, certificate.RawData);
        if (SecretBytes.FixedTimeEquals(shown, fingerprint)) return;
        Refused = shown;
        throw new SecurityTokenValidationException("This is not the certificate that was named.");
    }
}
