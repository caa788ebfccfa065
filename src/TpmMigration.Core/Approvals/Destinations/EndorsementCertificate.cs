using System.Collections.Generic;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>
/// An endorsement certificate as the only thing known of a TPM. Manufacturers are known to have shipped certificates that are not
/// well-formed; the key in them counts, and what is wrong with the rest is said.
/// </summary>
/// <param name="Der">The certificate, without what stood behind it.</param>
/// <param name="PublicArea">The endorsement key by the profile's default template for keys of its kind.</param>
/// <param name="Remark">What is wrong with the certificate, in sentences; null if nothing is known to be.</param>
public sealed record EndorsementCertificate(byte[] Der, TpmtPublic PublicArea, string? Remark)
{
    /// <param name="content">X.509 in DER, perhaps as it lay in the TPM.</param>
    /// <exception cref="DestinationException">It holds no key that can be read, or one for which there is no default template.</exception>
    public static EndorsementCertificate Read(byte[] content)
    {
        List<string> findings = [];
        byte[] der = Unpacked(content, findings);
        AsymmetricPublic key = EndorsementCertificateKey.Read(der);
        TpmtPublic publicArea = EndorsementTemplate.PublicAreaOf(key) ?? throw EndorsementCertificateKey.Unsupported();
        Examine(der, findings);
        return new EndorsementCertificate(der, publicArea, findings.Count == 0 ? null : string.Join(" ", findings));
    }

    private static byte[] Unpacked(byte[] content, List<string> findings)
    {
        try
        {
            return VendorCertificate.Unpack(content, findings);
        }
        catch (CryptographicException)
        {
            return content;
        }
    }

    private static void Examine(byte[] der, List<string> findings)
    {
        try
        {
            using X509Certificate2 certificate = VendorCertificate.Load(der, findings);
        }
        catch (CryptographicException)
        {
            findings.Add("The endorsement certificate is not well-formed. Its key was read all the same, but who issued it cannot be verified.");
        }
    }
}
