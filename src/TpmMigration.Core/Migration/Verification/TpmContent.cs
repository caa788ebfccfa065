using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// What an approval holds for TPMs, held against what its document says: TPMs see the one, people the other, and the two must mean the same.
/// </summary>
internal static class TpmContent
{
    /// <returns>What is wrong with it; null if nothing is.</returns>
    internal static string? Problem(OwnerApproval approval)
    {
        if (approval.Ticket == null) return null;
        if (!IsName(approval.KeyTpmName)) return "What it gives as the key's name is no TPM name.";
        return SecretBytes.FixedTimeEquals(approval.Ticket.CpHash, DuplicationCommand.CpHash(approval.KeyTpmName, approval.DestinationName, approval.Ticket.InnerWrap))
            ? null
            : "The ticket is for another key or destination than the document says.";
    }

    /// <inheritdoc cref="Problem(OwnerApproval)"/>
    internal static string? Problem(SelectionApproval approval)
    {
        byte[]? key = approval.Key?.TpmName;
        if (key != null && !IsName(key)) return "What it gives as the key's name is no TPM name.";
        if (approval.PolicyAuthorizations.Count == 0) return "It holds no signature for TPMs.";
        return approval.PolicyAuthorizations.Select(each => Problem(approval, key, each)).FirstOrDefault(problem => problem != null)
            ?? approval.DuplicationAuthorizations.Select(each => Problem(approval, key, each)).FirstOrDefault(problem => problem != null);
    }

    private static string? Problem(SelectionApproval approval, byte[]? key, PolicyAuthorization authorization)
    {
        if (!TpmHash.IsSupported(authorization.Hash)) return $"It holds a signature for keys of a hash that is not supported ({authorization.Hash}).";
        byte[] policy = SelectionApprover.ApprovedPolicy(authorization.Hash, key, approval.DestinationName);
        if (!SecretBytes.FixedTimeEquals(policy, authorization.ApprovedPolicy)) return "The policy that is signed for TPMs leads to another key or destination than the document says.";
        return Problem(approval, authorization.PolicyRef, authorization.SignedDigest, authorization.Signature);
    }

    private static string? Problem(SelectionApproval approval, byte[]? key, DuplicationAuthorization authorization)
    {
        if (key == null) return "It holds a signature over a command for one key, and is for all keys.";
        byte[] command = DuplicationCommand.CpHash(key, approval.DestinationName, authorization.InnerWrap);
        if (!SecretBytes.FixedTimeEquals(command, authorization.CpHash)) return "The command that is signed for TPMs is for another key or destination than the document says.";
        return Problem(approval, authorization.PolicyRef, authorization.SignedDigest, authorization.Signature);
    }

    private static string? Problem(SelectionApproval approval, byte[] reference, byte[] digest, TpmtSignature signature)
    {
        if (!SecretBytes.FixedTimeEquals(reference, SelectionPolicy.Reference)) return "A signature for TPMs was made for another purpose.";
        try
        {
            return signature.Hash == TpmAlgId.Sha256 && approval.Authority.PublicArea.Verifies(digest, signature) ? null : "A signature for TPMs was not made by the authority.";
        }
        catch (UnsupportedAlgorithmException)
        {
            return "A signature for TPMs is of a scheme that the authority's key does not have.";
        }
    }

    private static bool IsName(byte[] name) =>
        name.Length > 2 && DuplicationCommand.HashOf(name) is var hash && TpmHash.IsSupported(hash) && name.Length == 2 + TpmHash.Size(hash);
}
