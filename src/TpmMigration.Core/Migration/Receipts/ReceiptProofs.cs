using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// What a TPM's statement about a key proves: that the key is loaded in the attestation key's TPM under the very parent that the receipt names,
/// and that the TPM said so for this receipt. A qualified name is a digest over the whole line of parents, so it can be recomputed from the
/// parent's name and what is above it, and from nothing else.
/// </summary>
internal static class ReceiptProofs
{
    /// <summary>Why a statement is no proof for a key of a receipt.</summary>
    /// <returns>A sentence, or null if it is proof.</returns>
    internal static string? Contradiction(MigrationReceipt receipt, byte[] tpmName, ReceiptProof proof)
    {
        var certification = new KeyCertification(receipt.AttestationKey, proof.Statement, proof.Signature);
        if (certification.Contradiction(tpmName) is { } contradiction) return contradiction;
        TpmsAttest statement = TpmsAttest.Unmarshal(proof.Statement);
        if (!SecretBytes.FixedTimeEquals(statement.ExtraData, MigrationReceipt.QualifyingData(receipt.Id, receipt.PackageId)))
            return "The statement was made for another receipt.";
        byte[] expected = ObjectName.Qualified(ObjectName.Qualified(receipt.AboveParent, receipt.ParentName), tpmName);
        return SecretBytes.FixedTimeEquals(statement.As<TpmsCertifyInfo>().QualifiedName, expected) ? null : "The key is loaded under another parent than the receipt says.";
    }
}
