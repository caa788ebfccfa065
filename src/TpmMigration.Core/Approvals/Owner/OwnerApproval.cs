using System;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>The TPM Owner's approval that one key may go to one destination.</summary>
public sealed record OwnerApproval
{
    public required Guid Id { get; init; }

    /// <summary>Who approved: the account under which the Owner's authorization was given.</summary>
    public required string ApprovedBy { get; init; }

    public required string Reason { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Created { get; init; }

    /// <summary>UTC. The TPM counts the same time from its own clock.</summary>
    public required DateTime ValidUntil { get; init; }

    public required string MachineHost { get; init; }

    /// <summary>The TPM name of the machine's storage root key, by which the machine knows its own approvals.</summary>
    public required byte[] MachineName { get; init; }

    public required string KeyName { get; init; }

    public required byte[] KeyTpmName { get; init; }

    public required string DestinationHost { get; init; }

    /// <summary>The TPM name of the approved new parent.</summary>
    public required byte[] DestinationName { get; init; }

    /// <summary>The document it was read from, UTF-8, which goes along as it is; null for one that was just given.</summary>
    public byte[]? Document { get; init; }

    /// <summary>What the TPM gave; null where the Owner authorized the export itself and nothing is left to be shown to the TPM.</summary>
    public OwnerTicket? Ticket { get; init; }
}

/// <summary>The TPM 2.0 form of TPM_AuthorizeMigrationKey: good for one command on this TPM until it is restarted.</summary>
/// <param name="CpHash">Digest of the one TPM2_Duplicate that is approved.</param>
/// <param name="Timeout">When it ends, in the TPM's own form.</param>
/// <param name="Ticket">The TPM's proof.</param>
/// <param name="InnerWrap">Whether the duplication is one with an inner wrap, whose key the TPM makes; the other form is not approved.</param>
public sealed record OwnerTicket(byte[] CpHash, byte[] Timeout, TpmtTicket Ticket, bool InnerWrap = false);
