using System;
using System.Collections.Generic;

namespace TpmMigration.Authorities;

/// <summary>A package that is asked for.</summary>
public sealed record MaOrder
{
    public required Guid PackageId { get; init; }

    /// <summary>Whose: the TPM name of an endorsement key; null for the caller's own.</summary>
    public byte[]? Client { get; init; }

    /// <summary>Whether it is to be wrapped to the caller's endorsement key, and not to its storage key.</summary>
    public bool ToEndorsementKey { get; init; }

    /// <summary>Approvals of the destination, besides those that the Migration Authority has.</summary>
    public IReadOnlyList<byte[]> Approvals { get; init; } = [];
}
