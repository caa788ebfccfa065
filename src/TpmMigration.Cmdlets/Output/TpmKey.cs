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

    /// <summary>For a CMK, its Migration Selection Authorities: the subjects of their certificates, their names in the trust register, or their TPM names.</summary>
    public string[] SelectionAuthorities { get; set; } = [];

    /// <summary>For a CMK, the TPM names of their keys in hexadecimal, in the same order: what the policy holds.</summary>
    public string[] SelectionAuthorityKeys { get; set; } = [];

    /// <summary>For a CMK, how many of them must approve; otherwise null.</summary>
    public int? Quorum { get; set; }

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

    /// <param name="item">The key.</param>
    /// <param name="names">Names its authorities; null to go by the certificates that are kept with it.</param>
    internal static TpmKey From(InventoryItem item, AuthorityNames? names = null)
    {
        KeyRecord? record = item.Stored?.Record;
        SelectionPolicy? selection = item.Classification.Selection;
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
            SelectionAuthorities = selection == null ? [] : (names ?? AuthorityNames.FromCertificates).Of(selection, record?.SelectionAuthorities ?? []),
            SelectionAuthorityKeys = selection?.Authorities.Select(Hex.Format).ToArray() ?? [],
            Quorum = selection?.Quorum,
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
