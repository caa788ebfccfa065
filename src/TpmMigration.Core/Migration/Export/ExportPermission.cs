using System.Collections.Generic;
using TpmMigration.Approvals;

namespace TpmMigration.Migration;

/// <summary>With whose word a key is to leave, chosen before the TPM is asked.</summary>
internal abstract record ExportPermission
{
    /// <summary>The approvals under which the key leaves; they go along in the package.</summary>
    internal abstract IReadOnlyList<MigrationApproval> Approvals { get; }
}

/// <summary>An MK leaves with the TPM Owner's word.</summary>
/// <param name="Approval">The Owner's approval; null where the Owner authorizes the export itself.</param>
/// <param name="OrPath">What leads from the Owner's branch to the policy; empty for a key that has no use policy beside it.</param>
internal sealed record OwnerPermission(OwnerApproval? Approval, IReadOnlyList<IReadOnlyList<byte[]>> OrPath) : ExportPermission
{
    internal override IReadOnlyList<MigrationApproval> Approvals => Approval == null ? [] : [Approval];
}

/// <summary>A CMK leaves with the word of its Migration Selection Authorities.</summary>
/// <param name="Chosen">As many as the key asks for, each of another authority, in the order of the policy.</param>
/// <param name="OrPath">What leads from their branch to the policy; see <see cref="Tpm.PolicyBranches.OrPath"/>.</param>
/// <param name="Quorum">How many the key asks for.</param>
internal sealed record SelectionPermission(IReadOnlyList<SelectionApproval> Chosen, IReadOnlyList<IReadOnlyList<byte[]>> OrPath, int Quorum) : ExportPermission
{
    internal override IReadOnlyList<MigrationApproval> Approvals => Chosen;
}
