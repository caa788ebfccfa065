using System;
using System.Collections.Generic;
using TpmMigration.Tpm;

namespace TpmMigration.Packages;

/// <summary>One key of a package.</summary>
public sealed record PackageKey
{
    public required Guid Id { get; init; }

    /// <summary>The name it has in the key store.</summary>
    public required string Name { get; init; }

    /// <summary>The kind as the source saw it; a reader tells it anew from public area and policy.</summary>
    public required string Kind { get; init; }

    public required TpmtPublic PublicArea { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Created { get; init; }

    public string? Description { get; init; }

    /// <summary>Whether using the key takes a password.</summary>
    public required bool HasPassword { get; init; }

    /// <summary>The policy as its branches of steps, so that the digest can be recomputed.</summary>
    public required IReadOnlyList<IReadOnlyList<PolicyStep>> Policy { get; init; }

    /// <summary>For a key whose use is bound to PCRs, the values that they must have, in the order of the policy's step; empty where they are not told.</summary>
    public IReadOnlyList<PcrValue> ExpectedPcrs { get; init; } = [];

    /// <summary>X.509 certificates in DER of the MSAs that a CMK's policy names.</summary>
    public IReadOnlyList<byte[]> SelectionAuthorities { get; init; } = [];

    public required KeyBlob Blob { get; init; }

    /// <summary>The source's proof that the key was in its TPM; null where none was asked for.</summary>
    public KeyPossession? Possession { get; init; }

    /// <summary>Passwords and application data.</summary>
    public IReadOnlyList<SealedData> Data { get; init; } = [];

    public IReadOnlyList<PackageExtension> Extensions { get; init; } = [];
}

/// <summary>How the private part travels.</summary>
public abstract record KeyBlob;

/// <summary>The migration blob: wrapped to the destination by TPM2_Duplicate.</summary>
/// <param name="Duplicate">The content of TPM2B_PRIVATE.</param>
/// <param name="EncryptedSeed">The content of TPM2B_ENCRYPTED_SECRET.</param>
/// <param name="InnerKey">Its inner key, wrapped by the recovery key, see <see cref="PackageInnerWrap"/>; null where there is no inner wrap.</param>
public sealed record MigrationBlob(byte[] Duplicate, byte[] EncryptedSeed, byte[]? InnerKey = null) : KeyBlob;

/// <summary>A child's private part under its parent, which comes earlier in the package.</summary>
/// <param name="ParentId">The parent's id in the package.</param>
/// <param name="Private">The content of TPM2B_PRIVATE.</param>
public sealed record ChildBlob(Guid ParentId, byte[] Private) : KeyBlob;
