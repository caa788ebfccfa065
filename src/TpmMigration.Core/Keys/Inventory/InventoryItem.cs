using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Where a key was found.</summary>
public enum KeyLocation
{
    /// <summary>In the key store.</summary>
    Store,

    /// <summary>At a persistent handle of the TPM.</summary>
    Tpm,

    /// <summary>In a key file outside the store.</summary>
    File,
}

/// <summary>A key of the inventory.</summary>
public sealed record InventoryItem
{
    /// <summary>The name in the store, the persistent handle (0x81000001), or the file's name.</summary>
    public required string Name { get; init; }

    public required KeyLocation Location { get; init; }

    public required TpmtPublic PublicArea { get; init; }

    public required KeyClassification Classification { get; init; }

    /// <summary>The key of the store; null for others.</summary>
    public StoredKey? Stored { get; init; }

    /// <summary>When and where the key was last exported; null if never, as far as the store knows.</summary>
    public KeyExport? LastExport { get; init; }

    /// <summary>The persistent handle; 0 if the key is not persistent.</summary>
    public uint Handle { get; init; }

    /// <summary>The key file; null for a key of the TPM.</summary>
    public string? Path { get; init; }
}
