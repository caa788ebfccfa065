using System;
using System.Collections.Generic;
using System.Xml.Linq;
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

    /// <summary>Parents before their children.</summary>
    public required IReadOnlyList<PackageKey> Keys { get; init; }

    /// <summary>The approval documents under which the keys were exported, as they are.</summary>
    public IReadOnlyList<XElement> Approvals { get; init; } = [];
}

/// <summary>The platform a package comes from.</summary>
/// <param name="HostName">Its host name.</param>
/// <param name="Name">The TPM name of its storage root key.</param>
public sealed record PackageSource(string HostName, byte[] Name);

/// <summary>The new parent a package is wrapped to.</summary>
public sealed record PackageDestination(PackageDestinationKind Kind, string HostName, TpmtPublic Parent);
