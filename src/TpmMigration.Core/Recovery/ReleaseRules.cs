using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;

namespace TpmMigration.Recovery;

/// <summary>Which packages a recovery agent may release to which destinations, before the agent's key is used.</summary>
internal static class ReleaseRules
{
    /// <exception cref="RecoveryException">The destination takes no release, or a key needs another's word first.</exception>
    internal static void Require(MigrationPackage package, MigrationDestination destination)
    {
        if (SealedSecret.NeedsInnerWrap(destination.Parent))
            throw new RecoveryException(RecoveryFault.DestinationUnsuitable, $"The parent at '{destination.HostName}' takes only what has an inner wrap, which a release has not. Use another destination of that machine, such as its storage root key.");
        // Only its MSAs say where a CMK may go, and here nothing of theirs is at hand that names the destination.
        if (package.Keys.FirstOrDefault(IsCertifiable) is { } key)
            throw new RecoveryException(RecoveryFault.NeedsSelectionAuthority, $"The package holds the CMK '{key.Name}', which is released only to a destination that one of its Migration Selection Authorities has approved; this version takes no such approval.");
    }

    private static bool IsCertifiable(PackageKey key) =>
        key.Blob is MigrationBlob && KeyClassification.Of(key.PublicArea, key.Policy).Kind == KeyKind.CertifiableMigratable;
}
