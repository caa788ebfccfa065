using System;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>The storage key of a Migration Authority, to which packages for it are wrapped, by its own signed word.</summary>
public sealed record MigrationAuthorityKey
{
    /// <summary>The Migration Authority's name, which people know it by.</summary>
    public required string AuthorityName { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Created { get; init; }

    /// <summary>The storage key's public area.</summary>
    public required TpmtPublic Parent { get; init; }

    /// <summary>The signature over all of it; null until it is written.</summary>
    public DocumentSignature? Signature { get; init; }

    /// <summary>The key as a destination, to be approved like any other. That it is trusted is not said with that.</summary>
    public MigrationDestination ToDestination() => new()
    {
        Kind = DestinationKind.StorageKey,
        HostName = AuthorityName,
        Created = Created,
        Parent = Parent,
        Authority = Signature?.Signer,
    };
}
