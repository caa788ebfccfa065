using System;

namespace TpmMigration.Authority.Vault;

/// <summary>What the vault knows of a package without opening it.</summary>
public sealed record PackageEntry
{
    /// <summary>TPM name of the endorsement key of the TPM that it came from.</summary>
    public required byte[] Client { get; init; }

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

    /// <summary>Whether its source showed that its keys are in that TPM, which gets it back without an approval.</summary>
    public required bool IsReturnable { get; init; }

    /// <summary>TPM name of the storage key that its content is wrapped to.</summary>
    public required byte[] StorageKey { get; init; }

    /// <summary>UTC, since when the operator holds it back; null if nobody does.</summary>
    public DateTime? Held { get; init; }

    /// <summary>Why it is held back; empty if it is not.</summary>
    public string HoldReason { get; init; } = string.Empty;

    /// <summary>UTC; null while it is there.</summary>
    public DateTime? Deleted { get; init; }
}

/// <summary>The bytes of a package, and the seal over them.</summary>
/// <param name="Content">As they are stored.</param>
/// <param name="Seal">See <see cref="Keys.PackageSeal"/>.</param>
public sealed record StoredContent(byte[] Content, byte[] Seal);
