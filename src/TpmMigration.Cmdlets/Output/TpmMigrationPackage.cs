using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Tpm;
using TpmMigration.Keys;
using TpmMigration.Packages;

namespace TpmMigration.Cmdlets;

/// <summary>A Migration Package, as plain data with its document.</summary>
public sealed class TpmMigrationPackage
{
    public Guid Id { get; set; }

    public PackagePurpose Purpose { get; set; }

    public string SourceHost { get; set; } = string.Empty;

    public string DestinationHost { get; set; } = string.Empty;

    /// <summary>The TPM name of the new parent in hexadecimal.</summary>
    public string DestinationName { get; set; } = string.Empty;

    /// <summary>UTC.</summary>
    public DateTime Created { get; set; }

    public int KeyCount { get; set; }

    public TpmMigrationPackageKey[] Keys { get; set; } = [];

    /// <summary>The file it is in, or empty.</summary>
    public string Path { get; set; } = string.Empty;

    /// <summary>The XML document; empty where it is in a file.</summary>
    public string Document { get; set; } = string.Empty;

    internal static TpmMigrationPackage From(MigrationPackage package, string document, string path)
    {
        Dictionary<Guid, string> names = package.Keys.ToDictionary(k => k.Id, k => k.Name);
        return new TpmMigrationPackage
        {
            Id = package.Id,
            Purpose = package.Purpose,
            SourceHost = package.Source.HostName,
            DestinationHost = package.Destination.HostName,
            DestinationName = Hex.Format(package.Destination.Parent.Name),
            Created = package.Created,
            KeyCount = package.Keys.Count,
            Keys = package.Keys.Select(k => TpmMigrationPackageKey.From(k, names)).ToArray(),
            Path = path,
            Document = document,
        };
    }
}

/// <summary>A key of a package.</summary>
public sealed class TpmMigrationPackageKey
{
    public string Name { get; set; } = string.Empty;

    public KeyKind Kind { get; set; }

    public KeyRole Role { get; set; }

    public string Algorithm { get; set; } = string.Empty;

    /// <summary>The name of its parent in the package; empty for one that was wrapped to the destination itself.</summary>
    public string Parent { get; set; } = string.Empty;

    public bool HasPassword { get; set; }

    /// <summary>The TPM name in hexadecimal.</summary>
    public string TpmName { get; set; } = string.Empty;

    internal static TpmMigrationPackageKey From(PackageKey key, Dictionary<Guid, string> names) => new()
    {
        Name = key.Name,
        Kind = KeyClassification.Of(key.PublicArea, key.Policy).Kind,
        Role = KeyTemplates.RoleOf(key.PublicArea),
        Algorithm = KeyTemplates.AlgorithmOf(key.PublicArea),
        Parent = key.Blob is ChildBlob child ? names[child.ParentId] : string.Empty,
        HasPassword = key.HasPassword,
        TpmName = Hex.Format(key.PublicArea.Name),
    };

    public override string ToString() => Name;
}
