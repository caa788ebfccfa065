using System;

namespace TpmMigration.Authority.Vault;

/// <summary>What the vault knows of a package without opening it.</summary>
public sealed record PackageEntry
{
    /// <summary>The package's own id. Two clients may each have a package of one id.</summary>
    public required Guid Id { get; init; }

    /// <summary>SHA-256 of its bytes as they came, 32 bytes.</summary>
    public required byte[] Digest { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    /// <summary>How many, children included.</summary>
    public required int Keys { get; init; }

    public required string Purpose { get; init; }

    public required string SourceHost { get; init; }

    /// <summary>UTC, by the source's clock.</summary>
    public required DateTime Created { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Received { get; init; }

    /// <summary>UTC; null while it is there.</summary>
    public DateTime? Deleted { get; init; }
}
