using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Documents;

namespace TpmMigration.Authorities;

/// <summary>A package that a Migration Authority holds.</summary>
public sealed record MaPackageEntry
{
    /// <summary>TPM name of the endorsement key of the TPM that it came from.</summary>
    public required byte[] Client { get; init; }

    public required Guid PackageId { get; init; }

    /// <summary>SHA-256 of the bytes that were sent.</summary>
    public required byte[] Digest { get; init; }

    /// <summary>Of the same, in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>How many keys, children included.</summary>
    public required int Keys { get; init; }

    public required string Purpose { get; init; }

    public required string SourceHost { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Created { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Received { get; init; }

    /// <summary>Whether the TPM that it came from gets it back without an approval.</summary>
    public required bool IsReturnable { get; init; }

    /// <summary>Whether the operator holds it back.</summary>
    public required bool IsHeld { get; init; }

    internal static MaPackageEntry Read(StrictElement element)
    {
        var entry = new MaPackageEntry
        {
            Client = element.Child("Client").HexBinary(),
            PackageId = element.Child("PackageId").Uuid(),
            Digest = element.Child("Digest").HexBinary(),
            Size = element.Child("Size").Number(),
            Keys = element.Child("Keys").Count(),
            Purpose = element.Child("Purpose").Line(),
            SourceHost = element.Child("SourceHost").Line(),
            Created = element.Child("Created").Time(),
            Received = element.Child("Received").Time(),
            IsReturnable = element.Child("Returnable").Truth(),
            IsHeld = element.Child("Held").Truth(),
        };
        element.End();
        return entry;
    }
}

/// <summary>A page of an answer to a query.</summary>
/// <param name="Entries">At least one, if there are more pages.</param>
/// <param name="Next">Where the next page begins; null on the last.</param>
public sealed record MaPackagePage(IReadOnlyList<MaPackageEntry> Entries, string? Next)
{
    internal static MaPackagePage Read(StrictElement answer)
    {
        List<MaPackageEntry> entries = answer.Children("Entry").Select(MaPackageEntry.Read).ToList();
        string? next = answer.OptionalChild("Next")?.Text();
        answer.End();
        return new MaPackagePage(entries, next);
    }
}

/// <summary>What a Migration Authority is asked for.</summary>
public sealed record MaPackageQuery
{
    /// <summary>TPM name of an endorsement key; null for that of the caller, or with approvals for any.</summary>
    public byte[]? Client { get; init; }

    public Guid? PackageId { get; init; }

    /// <summary>Instead of the caller's own packages those of others, which approvals let go to it.</summary>
    public bool IsApproved { get; init; }

    /// <summary>Such approvals, besides those that the Migration Authority has.</summary>
    public IReadOnlyList<byte[]> Approvals { get; init; } = [];
}
