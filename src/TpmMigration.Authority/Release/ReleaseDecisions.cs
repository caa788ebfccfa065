using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Trust;
using TpmMigration.Authority.Vault;
using TpmMigration.Documents;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Release;

/// <summary>The approvals and denials that bear on one destination: those in the message and those registered, with what is honoured of them here.</summary>
/// <param name="All">All that name the destination.</param>
/// <param name="Honoured">Those without approvals of authorities that are not honoured; denials always count.</param>
internal sealed record ReleaseDecisions(IReadOnlyList<SelectionApproval> All, IReadOnlyList<SelectionApproval> Honoured)
{
    /// <param name="transaction">Where others are registered.</param>
    /// <param name="documents">Those in the message.</param>
    /// <param name="destination">The TPM name of the new parent.</param>
    /// <exception cref="AuthorityException">One in the message is no approval of an authority, or was altered.</exception>
    internal static ReleaseDecisions Read(VaultTransaction transaction, IReadOnlyList<byte[]> documents, byte[] destination)
    {
        List<SelectionApproval> all = [.. documents.Concat(ApprovalRegister.For(transaction, destination)).Select(Read)
            .Where(each => SecretBytes.FixedTimeEquals(each.DestinationName, destination)).DistinctBy(each => (Hex.Format(each.Authority.TpmName), each.Id, each.Decision))];
        IReadOnlyList<byte[]> honoured = TrustList.SelectionAuthorities(transaction);
        return new ReleaseDecisions(all, honoured.Count == 0
            ? all
            : [.. all.Where(each => each.Decision == SelectionDecision.Denied || honoured.Any(name => SecretBytes.FixedTimeEquals(name, each.Authority.TpmName)))]);
    }

    private static SelectionApproval Read(byte[] document)
    {
        try
        {
            return ApprovalDocument.Read(document) as SelectionApproval
                ?? throw new AuthorityException(AuthorityFault.ApprovalRefused, "An approval in the message is of a TPM Owner. Where a package goes from here is approved by Migration Selection Authorities.");
        }
        catch (Exception e) when (e is ApprovalException or SignatureException or DocumentFormatException)
        {
            throw new AuthorityException(AuthorityFault.ApprovalRefused, "An approval in the message is refused. " + e.Message, e);
        }
    }
}
