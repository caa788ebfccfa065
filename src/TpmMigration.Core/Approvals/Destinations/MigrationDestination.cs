using System;
using System.Collections.Generic;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>What the new parent of a destination is.</summary>
public enum DestinationKind
{
    /// <summary>A storage key of a platform: its storage root key or a stored storage key.</summary>
    StorageKey,

    /// <summary>The endorsement key of a TPM, which rewraps what comes to its storage root key. Its certificate alone can prove it.</summary>
    EndorsementKey,
}

/// <summary>Where keys may be migrated to: a new parent, and the evidence that it is what it seems.</summary>
public sealed record MigrationDestination
{
    public required DestinationKind Kind { get; init; }

    public required string HostName { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Created { get; init; }

    /// <summary>The public area of the new parent. Its name is what approvals and policies name.</summary>
    public required TpmtPublic Parent { get; init; }

    /// <summary>The endorsement key's public area, where the platform could read it.</summary>
    public TpmtPublic? EndorsementKey { get; init; }

    /// <summary>X.509 certificates in DER: the endorsement certificate, then those above it as far as the platform holds them.</summary>
    public IReadOnlyList<byte[]> EndorsementCertificates { get; init; } = [];

    /// <summary>The statement of the platform's attestation key that the parent is loaded in its TPM.</summary>
    public KeyCertification? Certification { get; init; }

    /// <summary>The Migration Authority whose storage key this is, by its signature; null for other destinations. Whether to trust it is another question.</summary>
    public SignerIdentity? Authority { get; init; }

    /// <summary>Whether it is the storage key of a Migration Authority, which is known by its document alone.</summary>
    public bool IsMigrationAuthority => Authority != null;
}
