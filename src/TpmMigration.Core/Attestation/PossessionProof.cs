using TpmMigration.Tpm;

namespace TpmMigration.Attestation;

/// <summary>Whether a statement in a package shows that a key was in the TPM that the package comes from.</summary>
public static class PossessionProof
{
    /// <param name="attestationKey">That of the TPM.</param>
    /// <param name="statement">TPMS_ATTEST.</param>
    /// <param name="signature">The signature over its digest.</param>
    /// <param name="qualifyingData">What it must have been made for.</param>
    /// <param name="key">The TPM name of the key.</param>
    /// <returns>Why it does not; null if it does.</returns>
    public static string? Problem(TpmtPublic attestationKey, byte[] statement, TpmtSignature signature, byte[] qualifyingData, byte[] key)
    {
        if (SignedStatement.Open(attestationKey, statement, signature, out string? problem) is not { } attest) return problem;
        if (!SecretBytes.FixedTimeEquals(attest.ExtraData, qualifyingData)) return "The statement was made for another package.";
        byte[]? name = attest.Attested switch
        {
            TpmsCertifyInfo certified => certified.Name,
            TpmsCreationInfo created => created.ObjectName,
            _ => null,
        };
        return name != null && SecretBytes.FixedTimeEquals(name, key) ? null : "The statement is not about this key.";
    }
}
