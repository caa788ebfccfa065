using System;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Packages;

namespace TpmMigration.Tests.Migration;

/// <summary>Gives packages that a test made in software, or from the files of other tools, the approvals that an import asks for.</summary>
internal static class ApprovedPackages
{
    internal static MigrationPackage Approved(this MigrationPackage package) => package with
    {
        Approvals = [.. package.Keys.Where(key => key.Blob is MigrationBlob).Select(key => Encoding.UTF8.GetBytes(ApprovalDocument.Write(Approval(package, key))))],
    };

    private static OwnerApproval Approval(MigrationPackage package, PackageKey key) => new()
    {
        Id = Guid.NewGuid(),
        ApprovedBy = "owner",
        Reason = "a test",
        Created = package.Created,
        ValidUntil = package.Created.AddHours(1),
        MachineHost = package.Source.HostName,
        MachineName = package.Source.Name,
        KeyName = key.Name,
        KeyTpmName = key.PublicArea.Name,
        DestinationHost = package.Destination.HostName,
        DestinationName = package.Destination.Parent.Name,
    };
}
