using System;
using System.Linq;
using TpmMigration.Tpm;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>A key of the inventory, as plain data.</summary>
public sealed class TpmKey
{
    /// <summary>The name in the store, or the persistent handle.</summary>
    public string Name { get; set; } = string.Empty;

    public KeyKind Kind { get; set; }

    /// <summary>Why it is of this kind.</summary>
    public string Reason { get; set; } = string.Empty;

    public KeyRole Role { get; set; }

    public string Algorithm { get; set; } = string.Empty;

    public KeyLocation Location { get; set; }

    /// <summary>The persistent handle (0x81000100), or empty.</summary>
    public string Handle { get; set; } = string.Empty;

    /// <summary>The parent's name in the store; empty for the storage root key.</summary>
    public string Parent { get; set; } = string.Empty;

    public string[] Children { get; set; } = [];

    public string Description { get; set; } = string.Empty;

    /// <summary>Whether using the key takes a password; null if that is not known.</summary>
    public bool? HasPassword { get; set; }

    /// <summary>The TPM name in hexadecimal: name algorithm and digest.</summary>
    public string TpmName { get; set; } = string.Empty;

    /// <summary>The policy digest in hexadecimal; empty if there is none.</summary>
    public string Policy { get; set; } = string.Empty;

    /// <summary>For a CMK, the TPM names of its Migration Selection Authorities.</summary>
    public string[] SelectionAuthorities { get; set; } = [];

    /// <summary>What the use of the key takes besides a password, in words; empty for most keys.</summary>
    public string UsePolicy { get; set; } = string.Empty;

    /// <summary>For a key whose use is bound to PCRs, the values that they must have, as sha256:7=00ff...; empty where they are not known.</summary>
    public string[] ExpectedPcrs { get; set; } = [];

    /// <summary>After an import, the PCRs that keep the key from being used here as they are, as sha256:7; not told otherwise.</summary>
    public string[] DifferingPcrs { get; set; } = [];

    /// <summary>UTC.</summary>
    public DateTime? Created { get; set; }

    /// <summary>How it came to be here, in words; empty for what is not of the store.</summary>
    public string Origin { get; set; } = string.Empty;

    /// <summary>When it was last exported (UTC).</summary>
    public DateTime? LastExport { get; set; }

    /// <summary>To which host it was last exported.</summary>
    public string LastDestination { get; set; } = string.Empty;

    /// <summary>The key file.</summary>
    public string Path { get; set; } = string.Empty;

    internal static TpmKey From(InventoryItem item)
    {
        KeyRecord? record = item.Stored?.Record;
        return new TpmKey
        {
            Name = item.Name,
            Kind = item.Classification.Kind,
            Reason = item.Classification.Reason,
            Role = KeyTemplates.RoleOf(item.PublicArea),
            Algorithm = KeyTemplates.AlgorithmOf(item.PublicArea),
            Location = item.Location,
            Handle = item.Handle == 0 ? string.Empty : FormattableString.Invariant($"0x{item.Handle:X8}"),
            Parent = record?.Parent.KeyName ?? string.Empty,
            Description = record?.Description ?? string.Empty,
            HasPassword = item.Stored?.HasPassword(),
            TpmName = Hex.Format(item.PublicArea.Name),
            Policy = Hex.Format(item.PublicArea.AuthPolicy),
            SelectionAuthorities = item.Classification.Selection?.Authorities.Select(Hex.Format).ToArray() ?? [],
            UsePolicy = item.Classification.Use?.ToString() ?? string.Empty,
            ExpectedPcrs = record?.ExpectedPcrs.Select(pcr => pcr.ToString()).ToArray() ?? [],
            Created = record?.Created,
            Origin = record == null ? string.Empty : Describe(record.Origin, item.PublicArea),
            LastExport = item.LastExport?.Time,
            LastDestination = item.LastExport?.DestinationHost ?? string.Empty,
            Path = item.Path ?? string.Empty,
        };
    }

    private static string Describe(KeyOrigin origin, TpmtPublic publicArea)
    {
        if (origin.PackageId == null) return publicArea.Has(TpmaObject.SensitiveDataOrigin) ? "Created here" : "Brought from a file";
        if (origin.Signer == null) return "Imported from a key file, or a package that was not signed";
        string text = $"Imported from package {origin.PackageId:D}, signed by {origin.Signer}";
        if (origin.ReceiptId is { } receipt) text += $", receipt {receipt:D}";
        return origin.Acceptance is { } acceptance ? $"{text}, let in by {acceptance.By}: {acceptance.Reason}" : text;
    }
}
