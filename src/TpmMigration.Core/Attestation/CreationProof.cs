using TpmMigration.Tpm;

namespace TpmMigration.Attestation;

/// <summary>Whether the statement of TPM2_CertifyCreation in a document shows that the TPM made the key.</summary>
internal static class CreationProof
{
    /// <param name="key">A document with a creation, whose key is the certified one.</param>
    /// <param name="nonce">What the other statement was made for.</param>
    /// <returns>Null if it shows it.</returns>
    internal static string? Problem(CertifiedKey key, byte[] nonce)
    {
        CreationCertification creation = key.Creation!;
        TpmsAttest? attest = SignedStatement.Open(key.Certification.AttestationKey, creation.Statement, creation.Signature, out string? problem);
        if (attest == null) return problem;
        if (attest.Attested is not TpmsCreationInfo made) return "It is no statement of TPM2_CertifyCreation.";
        if (!SecretBytes.FixedTimeEquals(made.ObjectName, key.PublicArea.Name)) return "It is about another key.";
        if (!SecretBytes.FixedTimeEquals(made.CreationHash, TpmHash.Digest(key.PublicArea.NameAlg, creation.Data))) return "The creation data is not the one that the statement is about.";
        if (!SecretBytes.FixedTimeEquals(attest.ExtraData, nonce)) return "It was made for another nonce than the certification.";
        try
        {
            TpmsCreationData.Unmarshal(creation.Data);
        }
        catch (TpmWireException e)
        {
            return e.Message;
        }
        return key.PublicArea.Has(TpmaObject.SensitiveDataOrigin) ? null : "sensitiveDataOrigin is clear: the TPM was given the private part.";
    }
}
