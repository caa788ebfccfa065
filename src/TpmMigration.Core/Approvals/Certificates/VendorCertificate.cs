using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Asn1;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>
/// Certificates as TPM manufacturers have shipped them: behind a header of TPM 1.2, with padding after their end, in BER, with what newer
/// platforms do not take. What can be set right without touching what was signed is, and each such thing is a finding.
/// </summary>
internal static class VendorCertificate
{
    private const string RsaesOaep = "1.2.840.113549.1.1.7";

    // Key usage, alternative name, basic constraints, policies, extended key usage: those of the TCG's profile.
    private static readonly string[] s_knownExtensions = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.32", "2.5.29.37"];

    /// <summary>TCG_PCCLIENT_STORED_CERT: tag 0x1001, type 0, size (2 bytes); then TCG_FULL_CERT: tag 0x1002. TCG PC Client Specific Implementation 1.21, 7.3.2.</summary>
    private static readonly byte[] StoredCertificateTag = [0x10, 0x01, 0x00], FullCertificateTag = [0x10, 0x02];

    /// <summary>Reads a certificate with what its form has against it.</summary>
    /// <param name="content">As it lies in the TPM.</param>
    /// <param name="findings">Takes a sentence for each fault that was passed over.</param>
    /// <exception cref="CryptographicException">It cannot be read.</exception>
    internal static X509Certificate2 Load(byte[] content, List<string> findings)
    {
        X509Certificate2 certificate = LoadEncoded(Unpack(content, findings), findings);
        if (certificate.PublicKey.Oid.Value == RsaesOaep)
            findings.Add("The endorsement certificate names RSAES-OAEP as the algorithm of its key, which few programs know.");
        // The serial number comes with its first byte last.
        byte[] serial = certificate.GetSerialNumber();
        if (serial.Length == 0 || (serial[serial.Length - 1] & 0x80) != 0 || serial.All(b => b == 0))
            findings.Add("The endorsement certificate has a serial number that is not positive.");
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension.Critical && Array.IndexOf(s_knownExtensions, extension.Oid?.Value) < 0)
                findings.Add($"The endorsement certificate has a critical extension that is not known, {extension.Oid?.Value}; it was passed over.");
        }
        return certificate;
    }

    /// <summary>The certificate alone, out of what stands around it.</summary>
    /// <inheritdoc cref="Load"/>
    internal static byte[] Unpack(byte[] content, List<string> findings) => TrimToEnd(WithoutHeader(content, findings), findings);

    private static byte[] WithoutHeader(byte[] content, List<string> findings)
    {
        const int HeaderSize = 7;
        if (content.Length <= HeaderSize || !StartsWith(content, 0, StoredCertificateTag) || !StartsWith(content, 5, FullCertificateTag)) return content;
        findings.Add("The endorsement certificate stands behind a header of TPM 1.2 (TCG_PCCLIENT_STORED_CERT), which was left out.");
        return new TpmReader(content, HeaderSize, content.Length - HeaderSize).ReadBytes(content.Length - HeaderSize);
    }

    // Only what is known as padding: something else behind the certificate makes it unreadable.
    private static byte[] TrimToEnd(byte[] content, List<string> findings)
    {
        if (content.Length < 4 || content[0] != 0x30 || content[1] != 0x82) return content;
        int length = 4 + (content[2] << 8) + content[3];
        if (length >= content.Length) return content;
        if (content.Skip(length).Any(b => b is not (0x00 or 0xFF))) throw new CryptographicException("Something that is no padding follows the certificate.");
        findings.Add(FormattableString.Invariant($"The endorsement certificate is followed by {content.Length - length} bytes of padding, which were left out."));
        return new TpmReader(content).ReadBytes(length);
    }

    private static X509Certificate2 LoadEncoded(byte[] der, List<string> findings)
    {
        byte[] rewritten;
        try
        {
            // Where only the encoding around what was signed is at fault, the signature holds over the same bytes as before.
            rewritten = Asn1Object.FromByteArray(der).GetEncoded(Asn1Encodable.Der);
        }
        catch (Exception e) when (MalformedInput.Causes(e))
        {
            X509Certificate2 lenient = CertificateChain.Load(der);
            findings.Add("The endorsement certificate is not well-formed; the platform reads it all the same.");
            return lenient;
        }
        if (SecretBytes.FixedTimeEquals(rewritten, der)) return CertificateChain.Load(der);
        X509Certificate2 certificate = CertificateChain.Load(rewritten);
        findings.Add("The endorsement certificate is not in DER; it was read in the form that it should have.");
        return certificate;
    }

    private static bool StartsWith(byte[] content, int at, byte[] start) => content.Skip(at).Take(start.Length).SequenceEqual(start);
}
