using System;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Tpm;

namespace TpmMigration.Signatures;

/// <summary>TPM2_Certify of a key by an attestation key: the statement that the key is loaded in the same TPM. TPM 2.0 Part 3, 18.2.</summary>
/// <param name="AttestationKey">The public area of the attestation key.</param>
/// <param name="Statement">The signed TPMS_ATTEST.</param>
/// <param name="Signature">The signature over its digest.</param>
public sealed record KeyCertification(TpmtPublic AttestationKey, byte[] Statement, TpmtSignature Signature)
{
    /// <summary>Why this is no proof that the key is in the attestation key's TPM.</summary>
    /// <returns>A sentence, or null if it is proof.</returns>
    public string? Contradiction(TpmtPublic certified) => Contradiction(certified.Name);

    /// <param name="certified">The TPM name of the key.</param>
    /// <inheritdoc cref="Contradiction(TpmtPublic)"/>
    public string? Contradiction(byte[] certified)
    {
        if (!AttestationKey.Has(TpmaObject.Restricted | TpmaObject.Sign | TpmaObject.FixedTpm) || AttestationKey.Has(TpmaObject.Decrypt))
            return "The key that certifies it is no attestation key.";
        try
        {
            if (!AttestationKey.Verifies(TpmHash.Digest(Signature.Hash, Statement), Signature))
                return "The signature of the attestation key does not verify.";
            return SecretBytes.FixedTimeEquals(TpmsAttest.Unmarshal(Statement).As<TpmsCertifyInfo>().Name, certified) ? null : "The attestation key certifies another key.";
        }
        catch (TpmWireException e)
        {
            return "The statement of the attestation key cannot be read. " + e.Message;
        }
        catch (UnsupportedAlgorithmException e)
        {
            return "The statement of the attestation key uses an algorithm that is not supported. " + e.Message;
        }
    }

    /// <summary>The element Certification: AttestationKey, Statement, Signature, in a document's namespace.</summary>
    internal XElement ToElement(XNamespace ns) => new(ns + "Certification",
        new XElement(ns + "AttestationKey", Convert.ToBase64String(AttestationKey.Marshal())),
        new XElement(ns + "Statement", Convert.ToBase64String(Statement)),
        new XElement(ns + "Signature", Convert.ToBase64String(Signature.Marshal())));

    /// <exception cref="DocumentFormatException">The element holds something else.</exception>
    internal static KeyCertification Read(StrictElement element)
    {
        var certification = new KeyCertification(
            element.Child("AttestationKey").Structure(TpmtPublic.Unmarshal),
            element.Child("Statement").Base64(),
            element.Child("Signature").Structure(TpmtSignature.Unmarshal));
        element.End();
        return certification;
    }
}
