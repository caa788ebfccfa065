using System;

namespace TpmMigration.Approvals;

/// <summary>Somebody's word that keys may go to one destination: the TPM Owner's for an MK, a Migration Selection Authority's for a CMK.</summary>
public abstract record MigrationApproval
{
    private protected MigrationApproval() { }

    public required Guid Id { get; init; }

    /// <summary>Who approved: the account under which it was done.</summary>
    public required string ApprovedBy { get; init; }

    public required string Reason { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Created { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime ValidUntil { get; init; }

    public required string DestinationHost { get; init; }

    /// <summary>The TPM name of the approved new parent.</summary>
    public required byte[] DestinationName { get; init; }

    /// <summary>The document it was read from, UTF-8, which goes along as it is; null for one that was just given.</summary>
    public byte[]? Document { get; init; }
}
