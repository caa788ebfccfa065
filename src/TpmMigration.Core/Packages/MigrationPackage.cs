using System;
using System.Collections.Generic;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Packages;

/// <summary>Why a package was made.</summary>
public enum PackagePurpose
{
    Migrate,
    Backup,
}

/// <summary>What the keys of a package are wrapped to.</summary>
public enum PackageDestinationKind
{
    /// <summary>A storage key of a platform.</summary>
    StorageKey,

    /// <summary>The endorsement key of a TPM, which rewraps them to its storage root key.</summary>
    EndorsementKey,
}

/// <summary>A Migration Package: migrating keys with their children, wrapped to one new parent.</summary>
public sealed record MigrationPackage
{
    public required Guid Id { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Created { get; init; }

    public required PackagePurpose Purpose { get; init; }

    public required PackageSource Source { get; init; }

    public required PackageDestination Destination { get; init; }

    /// <summary>What it was wrapped to before, the first new parent first; empty for a package as it left its source.</summary>
    public IReadOnlyList<PackageRewrap> Rewraps { get; init; } = [];

    /// <summary>When it was wrapped to its destination; UTC.</summary>
    public DateTime Wrapped => Rewraps.Count == 0 ? Created : Rewraps[Rewraps.Count - 1].Time;

    /// <summary>X.509 certificates in DER of the MSAs who may give the package another destination when its source is gone.</summary>
    public IReadOnlyList<byte[]> ReleaseAuthorities { get; init; } = [];

    /// <summary>Opens the data of the keys; null where none has any.</summary>
    public PackageDataKey? DataKey { get; init; }

    /// <summary>Who can open the inner wrap; null where keys and data key have none. All have one, or none has.</summary>
    public PackageInnerWrap? InnerWrap { get; init; }

    /// <summary>Parents before their children.</summary>
    public required IReadOnlyList<PackageKey> Keys { get; init; }

    /// <summary>The approval documents under which the keys were exported, byte for byte.</summary>
    public IReadOnlyList<byte[]> Approvals { get; init; } = [];

    public IReadOnlyList<PackageExtension> Extensions { get; init; } = [];

    /// <summary>The signature over all of it; null until the package is written.</summary>
    public DocumentSignature? Signature { get; init; }
}

/// <summary>The platform a package comes from.</summary>
/// <param name="HostName">Its host name.</param>
/// <param name="Name">The TPM name of its storage root key.</param>
public sealed record PackageSource(string HostName, byte[] Name);

/// <summary>A change of the new parent, by somebody who held the one before: a vault.</summary>
/// <param name="Time">When; UTC.</param>
/// <param name="HostName">The host of the parent before.</param>
/// <param name="ParentName">The TPM name of the parent before.</param>
/// <param name="IsReturn">Whether it went back to the TPM that it came from, which a Migration Authority has seen and nobody had to approve.</param>
public sealed record PackageRewrap(DateTime Time, string HostName, byte[] ParentName, bool IsReturn = false);

/// <summary>The new parent a package is wrapped to.</summary>
public sealed record PackageDestination(PackageDestinationKind Kind, string HostName, TpmtPublic Parent);
