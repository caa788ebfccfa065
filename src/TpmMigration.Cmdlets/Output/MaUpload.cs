using System;
using TpmMigration.Authorities;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>That a package is on disk at a Migration Authority, as plain data.</summary>
public sealed class MaUpload
{
    public Guid PackageId { get; set; }

    public string Uri { get; set; } = string.Empty;

    /// <summary>UTC.</summary>
    public DateTime Received { get; set; }

    /// <summary>Whether it was there before.</summary>
    public bool AlreadyStored { get; set; }

    /// <summary>SHA-256 of the package, in hexadecimal.</summary>
    public string Digest { get; set; } = string.Empty;

    /// <summary>The file it was in, or empty.</summary>
    public string Path { get; set; } = string.Empty;

    internal static MaUpload From(MaUploadReceipt receipt, MaServiceAddress address, string? path) => new()
    {
        PackageId = receipt.PackageId,
        Uri = address.ToString(),
        Received = receipt.Received,
        AlreadyStored = receipt.AlreadyStored,
        Digest = Hex.Format(receipt.Digest),
        Path = path ?? string.Empty,
    };
}
