using System;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>A key that moved from this machine to another.</summary>
public sealed class TpmMigratedKey
{
    /// <summary>The name it had here.</summary>
    public string Name { get; set; } = string.Empty;

    public string DestinationHost { get; set; } = string.Empty;

    /// <summary>When it was removed here; UTC.</summary>
    public DateTime Migrated { get; set; }

    public Guid PackageId { get; set; }

    /// <summary>The receipt under which it was removed.</summary>
    public Guid ReceiptId { get; set; }

    /// <summary>Its TPM name in hexadecimal; it has the same there.</summary>
    public string TpmName { get; set; } = string.Empty;

    /// <summary>The TPM name of the parent to which it went, in hexadecimal.</summary>
    public string DestinationName { get; set; } = string.Empty;

    internal static TpmMigratedKey From(MigratedKey key) => new()
    {
        Name = key.Name,
        DestinationHost = key.DestinationHost,
        Migrated = key.Time,
        PackageId = key.PackageId,
        ReceiptId = key.ReceiptId,
        TpmName = Hex.Format(key.TpmName),
        DestinationName = Hex.Format(key.DestinationName),
    };
}
