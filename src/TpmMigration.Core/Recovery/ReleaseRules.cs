using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Recovery;

/// <summary>Which packages a recovery agent may release to which destinations, before the agent's key is used.</summary>
internal static class ReleaseRules
{
    /// <param name="package">The package.</param>
    /// <param name="destination">Where its keys are to go.</param>
    /// <param name="decisions">Approvals and denials of authorities, besides those in the package.</param>
    /// <exception cref="RecoveryException">The destination takes no release.</exception>
    /// <exception cref="ApprovalException">Somebody who must approve the destination has not.</exception>
    internal static void Require(MigrationPackage package, MigrationDestination destination, IEnumerable<SelectionApproval> decisions)
    {
        if (SealedSecret.NeedsInnerWrap(destination.Parent))
            throw new RecoveryException(RecoveryFault.DestinationUnsuitable, $"The parent at '{destination.HostName}' takes only what has an inner wrap, which a release has not. Use another destination of that machine, such as its storage root key.");
        List<SelectionApproval> all = [.. package.Approvals.Select(ApprovalDocument.Read).OfType<SelectionApproval>(), .. decisions];
        // Where the keys are on their way to this destination already, the Owner of an MK approved that when it left its TPM.
        bool isForIt = SecretBytes.FixedTimeEquals(destination.Parent.Name, package.Destination.Parent.Name);
        MigrationPackage asked = isForIt ? package with { Keys = package.Keys.Where(IsCertifiable).ToList() } : package;
        ReleaseApprovals.Require(asked, destination.Parent.Name, destination.HostName, all, isForIt ? package.Wrapped : DateTime.UtcNow);
    }

    private static bool IsCertifiable(PackageKey key) =>
        key.Blob is MigrationBlob && KeyClassification.Of(key.PublicArea, key.Policy).Kind == KeyKind.CertifiableMigratable;
}
