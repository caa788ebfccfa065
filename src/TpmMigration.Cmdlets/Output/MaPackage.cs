using System;
using TpmMigration.Authorities;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>A package that a Migration Authority holds, as plain data.</summary>
public sealed class MaPackage
{
    public Guid PackageId { get; set; }

    /// <summary>The TPM name of the endorsement key of the machine that it came from, in hexadecimal.</summary>
    public string Client { get; set; } = string.Empty;

    public string SourceHost { get; set; } = string.Empty;

    public string Purpose { get; set; } = string.Empty;

    public int KeyCount { get; set; }

    /// <summary>In bytes.</summary>
    public long Size { get; set; }

    /// <summary>UTC.</summary>
    public DateTime Created { get; set; }

    /// <summary>UTC.</summary>
    public DateTime Received { get; set; }

    /// <summary>Whether the machine that it came from gets it back without an approval.</summary>
    public bool Returnable { get; set; }

    /// <summary>Whether the operator holds it back.</summary>
    public bool Held { get; set; }

    /// <summary>SHA-256 of the package as it was sent, in hexadecimal.</summary>
    public string Digest { get; set; } = string.Empty;

    /// <summary>Where it is.</summary>
    public string Uri { get; set; } = string.Empty;

    internal static MaPackage From(MaPackageEntry entry, MaServiceAddress address) => new()
    {
        PackageId = entry.PackageId,
        Client = Hex.Format(entry.Client),
        SourceHost = entry.SourceHost,
        Purpose = entry.Purpose,
        KeyCount = entry.Keys,
        Size = entry.Size,
        Created = entry.Created,
        Received = entry.Received,
        Returnable = entry.IsReturnable,
        Held = entry.IsHeld,
        Digest = Hex.Format(entry.Digest),
        Uri = address.ToString(),
    };
}
