using System;
using System.Collections.Generic;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Attestation;

/// <summary>
/// A key with what its platform's attestation key says of it: the content of a certification document. Host, time and the key's name in the
/// store are the platform's claims; all else follows from what the attestation key signed, or is held against it.
/// </summary>
public sealed record CertifiedKey
{
    public required string HostName { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Created { get; init; }

    /// <summary>What the key is called in the store, or its persistent handle.</summary>
    public required string KeyName { get; init; }

    /// <summary>The TPM name that the document gives (algorithm and digest).</summary>
    public required byte[] TpmName { get; init; }

    public required TpmtPublic PublicArea { get; init; }

    /// <summary>What whoever asked gave, to know this certification from an earlier one; empty if nothing.</summary>
    public byte[] Nonce { get; init; } = [];

    /// <summary>The branches of the key's policy; empty where they are not known.</summary>
    public IReadOnlyList<IReadOnlyList<PolicyStep>> Policy { get; init; } = [];

    /// <summary>X.509 in DER; certificates of the Migration Selection Authorities that the policy names, as far as they are known.</summary>
    public IReadOnlyList<byte[]> SelectionAuthorities { get; init; } = [];

    /// <summary>The public areas above the key, its parent first, the primary key last; empty for a primary key, null where they are not known.</summary>
    public IReadOnlyList<TpmtPublic>? Ancestors { get; init; }

    /// <summary>TPM2_Certify: the key is in the TPM of the attestation key.</summary>
    public required KeyCertification Certification { get; init; }

    /// <summary>TPM2_CertifyCreation: that TPM made the key; null for a key that came from elsewhere.</summary>
    public CreationCertification? Creation { get; init; }

    /// <summary>The endorsement key's public area, where the platform could read it.</summary>
    public TpmtPublic? EndorsementKey { get; init; }

    /// <summary>X.509 as it lies in the TPM: the endorsement certificate, then those above it.</summary>
    public IReadOnlyList<byte[]> EndorsementCertificates { get; init; } = [];
}

/// <summary>TPM2_CertifyCreation of a key by an attestation key: the statement that its TPM made the key. TPM 2.0 Part 3, 18.3.</summary>
/// <param name="Data">TPMS_CREATION_DATA.</param>
/// <param name="Statement">The signed TPMS_ATTEST.</param>
/// <param name="Signature">The signature over its digest.</param>
public sealed record CreationCertification(byte[] Data, byte[] Statement, TpmtSignature Signature);
