using System.Collections.Generic;
using TpmMigration.Keys;

namespace TpmMigration.Attestation;

/// <summary>What a verifier wants to know of a certification beyond that it holds together. What is null is not asked.</summary>
public sealed record CertificationQuestions
{
    /// <summary>The authorities, any <see cref="Quorum"/> of which and nobody else may let the key go.</summary>
    public IReadOnlyList<SelectionAuthority>? SelectionAuthorities { get; init; }

    public int Quorum { get; init; } = 1;

    /// <summary>What the platform was given to certify the key with.</summary>
    public byte[]? Nonce { get; init; }

    /// <summary>TPM names of attestation keys that are known to be in TPMs.</summary>
    public IReadOnlyList<byte[]>? AttestationKeys { get; init; }

    /// <summary>Certificates in DER at which the endorsement certificate's chain may end.</summary>
    public IReadOnlyList<byte[]>? TrustedRoots { get; init; }

    /// <summary>Whether it must be shown that the TPM made the key, so that nobody had it before.</summary>
    public bool MadeThere { get; init; }
}
