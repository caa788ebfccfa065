using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>The TPM Owner's approval that one key may go to one destination. The TPM counts its time by its own clock as well.</summary>
public sealed record OwnerApproval : MigrationApproval
{
    public required string MachineHost { get; init; }

    /// <summary>The TPM name of the machine's storage root key, by which the machine knows its own approvals.</summary>
    public required byte[] MachineName { get; init; }

    public required string KeyName { get; init; }

    public required byte[] KeyTpmName { get; init; }

    /// <summary>What the TPM gave; null where the Owner authorized the export itself and nothing is left to be shown to the TPM.</summary>
    public OwnerTicket? Ticket { get; init; }
}

/// <summary>The TPM 2.0 form of TPM_AuthorizeMigrationKey: good for one command on this TPM until it is restarted.</summary>
/// <param name="CpHash">Digest of the one TPM2_Duplicate that is approved.</param>
/// <param name="Timeout">When it ends, in the TPM's own form.</param>
/// <param name="Ticket">The TPM's proof.</param>
/// <param name="InnerWrap">Whether the duplication is one with an inner wrap, whose key the TPM makes; the other form is not approved.</param>
public sealed record OwnerTicket(byte[] CpHash, byte[] Timeout, TpmtTicket Ticket, bool InnerWrap = false);
