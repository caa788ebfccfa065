using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Recovery;

/// <summary>
/// Who must have approved that the keys of a vaulted package go to another destination: for a CMK as many of its authorities as its policy
/// asks for; for an MK, whose Owner is not asked any more, one of the package's release authorities. No TPM enforces this, since the keys
/// have left theirs; so everybody on the way does: who rewraps, who releases, who imports.
/// </summary>
public static class ReleaseApprovals
{
    /// <exception cref="ApprovalException">Somebody has not approved, or denies.</exception>
    /// <param name="package">The package.</param>
    /// <param name="destinationName">The TPM name of the new parent.</param>
    /// <param name="destinationHost">Its host, for errors.</param>
    /// <param name="decisions">Approvals and denials of authorities; those for other keys and destinations do not count.</param>
    /// <param name="utc">The time at which they must be valid.</param>
    /// <returns>Those that count, each once: what speaks for the destination.</returns>
    public static IReadOnlyList<SelectionApproval> Require(MigrationPackage package, byte[] destinationName, string destinationHost, IEnumerable<SelectionApproval> decisions, DateTime utc)
    {
        var timely = new SelectionDecisions(decisions
            .Where(each => SecretBytes.FixedTimeEquals(each.DestinationName, destinationName) && each.NotBefore <= utc && (utc <= each.ValidUntil || each.Decision == SelectionDecision.Denied)));
        List<SelectionApproval> counted = [];
        List<SelectionAuthority> proxies = ProxiesOf(package);
        foreach (PackageKey key in package.Keys.Where(key => key.Blob is MigrationBlob))
        {
            KeyClassification classification = KeyClassification.Of(key.PublicArea, key.Policy);
            if (classification.Selection is { } selection)
                counted.AddRange(Require(key, selection.Quorum, selection.Authorities, timely, destinationHost, "its Migration Selection Authorities"));
            else if (classification.Kind == KeyKind.Migratable && proxies.Count == 0)
                throw new ApprovalException(ApprovalFault.Missing, $"The key '{key.Name}' cannot go to '{destinationHost}': the package names no release authority who could approve that in its owner's place. They are named when it is exported, with -ReleaseAuthority.");
            else
            {
                List<SelectionApproval> approved = Require(key, 1, proxies.ConvertAll(proxy => proxy.TpmName), timely, destinationHost, "the package's release authorities");
                // Of a key whose policy is not known, nobody asks for approvals later.
                if (classification.Kind == KeyKind.Migratable) counted.AddRange(approved);
            }
        }
        return counted.Distinct().ToList();
    }

    /// <summary>The authorities who speak for the owners of MKs; of a certificate that no TPM could verify there is none.</summary>
    internal static List<SelectionAuthority> ProxiesOf(MigrationPackage package)
    {
        List<SelectionAuthority> proxies = [];
        foreach (byte[] certificate in package.ReleaseAuthorities)
        {
            try
            {
                proxies.Add(SelectionAuthority.FromCertificate(certificate));
            }
            catch (SignatureException)
            {
                // Named all the same: it cannot approve, as what it signs is no approval either.
            }
        }
        return proxies;
    }

    private static List<SelectionApproval> Require(PackageKey key, int quorum, IReadOnlyList<byte[]> authorities, SelectionDecisions decisions, string host, string whose)
    {
        List<SelectionApproval> approved = [];
        foreach (byte[] authority in authorities)
        {
            // For a key that asks for several, each must have named the very key, as for its TPM; a denial may be for all.
            SelectionApproval? last = decisions.Of(authority, key.PublicArea.Name)
                .Where(each => quorum == 1 || each.Key != null || each.Decision == SelectionDecision.Denied)
                // The last word counts; of two in one second, the one that forbids.
                .OrderByDescending(each => each.Created).ThenByDescending(each => each.Decision).FirstOrDefault();
            if (last?.Decision == SelectionDecision.Denied)
                throw new ApprovalException(ApprovalFault.Denied, $"'{last.Authority.Description}' forbids that the key '{key.Name}' goes to '{host}': {last.Reason}");
            if (last != null) approved.Add(last);
        }
        if (approved.Count >= quorum) return approved;
        string asked = $"That the key '{key.Name}' goes to '{host}' must be approved by {(quorum == 1 ? "one" : quorum)} of {whose}";
        throw approved.Count == 0
            ? new ApprovalException(ApprovalFault.Missing, $"{asked}. Have it approved with Approve-TpmMigration -Certificate on the authority's machine.")
            : new ApprovalException(ApprovalFault.TooFew, $"{asked}, and {approved.Count} did. Have it approved with Approve-TpmMigration -Certificate on the machine of another.");
    }
}
