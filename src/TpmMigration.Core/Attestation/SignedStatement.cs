using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Attestation;

/// <summary>A statement of a TPM, held against the key that should have signed it.</summary>
internal static class SignedStatement
{
    /// <summary>Verifies and reads a statement.</summary>
    /// <param name="attestationKey">The key that should have signed it.</param>
    /// <param name="statement">TPMS_ATTEST.</param>
    /// <param name="signature">The signature over its digest.</param>
    /// <param name="problem">Why it does not hold; null if it does.</param>
    /// <returns>The statement; null if it does not hold.</returns>
    internal static TpmsAttest? Open(TpmtPublic attestationKey, byte[] statement, TpmtSignature signature, out string? problem)
    {
        try
        {
            if (signature.Hash == TpmAlgId.Sha1)
                problem = "It is signed with SHA-1, by which two statements can be made to have one signature.";
            else if (!Verifies(attestationKey, statement, signature))
                problem = "The signature was not made by the attestation key over this statement.";
            else
            {
                TpmsAttest attest = TpmsAttest.Unmarshal(statement);
                problem = null;
                return attest;
            }
        }
        catch (TpmWireException e)
        {
            problem = e.Message;
        }
        catch (SignatureException)
        {
            problem = "The attestation key is neither RSA from 2048 bits nor ECC P-256 or P-384.";
        }
        catch (UnsupportedAlgorithmException e)
        {
            problem = "It uses an algorithm that is not supported. " + e.Message;
        }
        return null;
    }

    private static bool Verifies(TpmtPublic key, byte[] statement, TpmtSignature signature)
    {
        CertificateKey.Checked(key.ToAsymmetric());
        return key.Verifies(TpmHash.Digest(signature.Hash, statement), signature);
    }
}
