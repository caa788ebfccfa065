using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>
/// An endorsement certificate as the only thing known of a TPM. Manufacturers are known to have shipped certificates that are not
/// well-formed; the key in them counts, and what is wrong with the rest is said.
/// </summary>
/// <param name="Der">The certificate, without what stood behind it.</param>
/// <param name="PublicArea">The endorsement key by the profile's default template for keys of its kind.</param>
/// <param name="Remark">What is wrong with the certificate, as a sentence; null if nothing is known to be.</param>
public sealed record EndorsementCertificate(byte[] Der, TpmtPublic PublicArea, string? Remark)
{
    /// <param name="content">X.509 in DER, perhaps padded as it lay in the TPM.</param>
    /// <exception cref="DestinationException">It holds no key that can be read, or one for which there is no default template.</exception>
    public static EndorsementCertificate Read(byte[] content)
    {
        byte[] der = EndorsementKey.TrimToDer(content);
        AsymmetricPublic key = EndorsementCertificateKey.Read(der);
        TpmtPublic publicArea = EndorsementTemplate.PublicAreaOf(key) ?? throw EndorsementCertificateKey.Unsupported();
        return new EndorsementCertificate(der, publicArea, Remarks(der));
    }

    private static string? Remarks(byte[] der)
    {
        try
        {
            using X509Certificate2 certificate = CertificateChain.Load(der);
            return null;
        }
        catch (CryptographicException)
        {
            return "The endorsement certificate is not well-formed. Its key was read all the same, but who issued it cannot be verified.";
        }
    }
}
