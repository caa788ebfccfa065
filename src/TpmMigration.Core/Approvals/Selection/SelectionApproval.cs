using System;
using System.Collections.Generic;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>What a Migration Selection Authority decided.</summary>
public enum SelectionDecision
{
    Approved,

    /// <summary>The keys must not go there. It also takes back what the same authority approved before.</summary>
    Denied,
}

/// <summary>One key that an authority decides on.</summary>
/// <param name="KeyName">What it is called where it is, for people.</param>
/// <param name="TpmName">Its TPM name, which is what counts: name algorithm (2 bytes) and digest.</param>
public sealed record SelectedKey(string KeyName, byte[] TpmName);

/// <summary>
/// What a Migration Selection Authority decided on one key, or all keys whose policy names it, and one destination. The document is signed
/// as a whole, for people and services; the signatures in it are for TPMs, which know no documents.
/// </summary>
public sealed record SelectionApproval : MigrationApproval
{
    public required SelectionDecision Decision { get; init; }

    /// <summary>Null for all keys of the authority.</summary>
    public SelectedKey? Key { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime NotBefore { get; init; }

    /// <summary>Whether it is good for one package only. Services that move keys see to it; a TPM cannot.</summary>
    public required bool SingleUse { get; init; }

    /// <summary>For keys that ask for one of their authorities, one for each hash that key names have; empty in a denial.</summary>
    public IReadOnlyList<PolicyAuthorization> PolicyAuthorizations { get; init; } = [];

    /// <summary>For a key that asks for several, one for each form of TPM2_Duplicate; empty where no single key is named, and in a denial.</summary>
    public IReadOnlyList<DuplicationAuthorization> DuplicationAuthorizations { get; init; } = [];

    /// <summary>The signature of the document, which holds.</summary>
    public DocumentSignature? Signature { get; init; }

    /// <summary>The authority that signs, as policies name it.</summary>
    public required SelectionAuthority Authority { get; init; }

    /// <summary>Whether it concerns a key, going by the names; whether the key's policy names the authority is another question.</summary>
    public bool IsFor(byte[] keyTpmName) => Key == null || SecretBytes.FixedTimeEquals(Key.TpmName, keyTpmName);
}

/// <summary>For PolicyAuthorize: the authority's signature over a policy that leads to the destination and nowhere else. TPM 2.0 Part 3, 23.16.</summary>
/// <param name="Hash">The hash of the policy: the name algorithm of the keys it is for.</param>
/// <param name="ApprovedPolicy">The digest of PolicyAuthValue and PolicyDuplicationSelect; as long as the hash makes it.</param>
/// <param name="PolicyRef">What was signed with it; <see cref="SelectionPolicy.Reference"/>.</param>
/// <param name="Signature">Over SHA-256 of both.</param>
public sealed record PolicyAuthorization(TpmAlgId Hash, byte[] ApprovedPolicy, byte[] PolicyRef, TpmtSignature Signature)
{
    /// <summary>The digest that is signed; 32 bytes. Its hash is the one of the authority's name.</summary>
    public byte[] SignedDigest => TpmHash.Digest(TpmAlgId.Sha256, ApprovedPolicy, PolicyRef);
}

/// <summary>For PolicySigned: the authority's signature over one TPM2_Duplicate. TPM 2.0 Part 3, 23.3.</summary>
/// <param name="CpHash">The digest of the command; as long as the name algorithm of the key makes it.</param>
/// <param name="InnerWrap">Whether the command asks for an inner wrap.</param>
/// <param name="PolicyRef">What was signed with it; <see cref="SelectionPolicy.Reference"/>.</param>
/// <param name="Signature">Over SHA-256 of: no nonce, no expiration (4 bytes 0), cpHash, policyRef.</param>
public sealed record DuplicationAuthorization(byte[] CpHash, bool InnerWrap, byte[] PolicyRef, TpmtSignature Signature)
{
    /// <summary>The digest that is signed; 32 bytes.</summary>
    public byte[] SignedDigest => TpmHash.Digest(TpmAlgId.Sha256, [0, 0, 0, 0], CpHash, PolicyRef);
}
