using TpmMigration.Approvals;
using TpmMigration.Packages;

namespace TpmMigration.Migration;

/// <summary>Destinations as packages name them.</summary>
internal static class PackageDestinations
{
    internal static PackageDestination ForPackage(this MigrationDestination destination) => new(
        destination.Kind == DestinationKind.EndorsementKey ? PackageDestinationKind.EndorsementKey : PackageDestinationKind.StorageKey,
        destination.HostName,
        destination.Parent);
}
