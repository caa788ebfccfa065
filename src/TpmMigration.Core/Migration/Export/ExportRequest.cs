using System.Collections.Generic;
using TpmMigration.Approvals;
using TpmMigration.Packages;
using TpmMigration.Recovery;

namespace TpmMigration.Migration;

/// <summary>What to export, to whom, and with whose word.</summary>
public sealed record ExportRequest
{
    public required MigrationDestination Destination { get; init; }

    /// <summary>Approvals of the TPM Owner and of Migration Selection Authorities (denials too), for these and perhaps for other keys.</summary>
    public IReadOnlyList<MigrationApproval> Approvals { get; init; } = [];

    /// <summary>The Owner's reason, where the Owner authorizes the export itself (with the password) instead of giving approvals.</summary>
    public string? OwnerReason { get; init; }

    public PackagePurpose Purpose { get; init; } = PackagePurpose.Migrate;

    /// <summary>Whether the children of exported storage keys go along.</summary>
    public bool IncludeChildren { get; init; } = true;

    /// <summary>X.509 certificates in DER of the MSAs who may give the package another destination when its source is gone.</summary>
    public IReadOnlyList<byte[]> ReleaseAuthorities { get; init; } = [];

    /// <summary>Who can open the inner wrap; null for an export without one.</summary>
    public RecoveryRecipients? Recovery { get; init; }

    internal bool HasInnerWrap => Recovery != null;
}
