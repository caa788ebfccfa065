using System;
using System.Collections.Generic;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>The public areas from which a TPM makes keys. TPM 2.0 Part 1, clause 27; TCG EK Credential Profile, B.3.</summary>
public static class KeyTemplates
{
    private const TpmaObject Ours = TpmaObject.SensitiveDataOrigin | TpmaObject.UserWithAuth;

    /// <summary>
    /// The storage root key where none is persistent: ECC P-256 with AES-128 and an empty unique field, as the TSS2 key file
    /// format takes it for a parent named by its hierarchy.
    /// </summary>
    public static TpmtPublic StorageRoot { get; } = new()
    {
        NameAlg = TpmAlgId.Sha256,
        ObjectAttributes = Ours | TpmaObject.FixedTpm | TpmaObject.FixedParent | TpmaObject.NoDa | TpmaObject.Restricted | TpmaObject.Decrypt,
        Parameters = Parameters(KeyAlgorithm.EccP256, TpmtSymDef.Aes128Cfb, TpmtScheme.Null),
        Point = new TpmsEccPoint([], []),
    };

    /// <summary>The TCG's default endorsement key: RSA 2048 (template L-1), its policy PolicySecret(TPM_RH_ENDORSEMENT).</summary>
    public static TpmtPublic EndorsementRsa2048 => EndorsementTemplate.Rsa2048.PublicArea;

    /// <summary>An attestation key: ECC P-256, signing with ECDSA and SHA-256 only what the TPM made.</summary>
    public static TpmtPublic Attestation { get; } = new()
    {
        NameAlg = TpmAlgId.Sha256,
        ObjectAttributes = Ours | TpmaObject.FixedTpm | TpmaObject.FixedParent | TpmaObject.NoDa | TpmaObject.Restricted | TpmaObject.Sign,
        Parameters = Parameters(KeyAlgorithm.EccP256, TpmtSymDef.Null, new TpmtScheme(TpmAlgId.EcDsa, TpmAlgId.Sha256)),
        Point = new TpmsEccPoint([], []),
    };

    /// <summary>A platform's signing key: ECC P-256, signing with ECDSA and SHA-256 any digest, bound to its TPM.</summary>
    public static TpmtPublic PlatformSigning { get; } = new()
    {
        NameAlg = TpmAlgId.Sha256,
        ObjectAttributes = Ours | TpmaObject.FixedTpm | TpmaObject.FixedParent | TpmaObject.NoDa | TpmaObject.Sign,
        Parameters = Parameters(KeyAlgorithm.EccP256, TpmtSymDef.Null, new TpmtScheme(TpmAlgId.EcDsa, TpmAlgId.Sha256)),
        Point = new TpmsEccPoint([], []),
    };

    /// <summary>A key that can be migrated.</summary>
    /// <param name="role">Sign, Decrypt or Storage.</param>
    /// <param name="algorithm">Type and size.</param>
    /// <param name="policy">The branches of its policy; none for migration for a key that moves with its parent only (fixedParent). Where
    /// the first is one for use (<see cref="UsePolicy"/>), the key's password alone does not let it be used.</param>
    /// <param name="encryptedDuplication">Whether duplication must have an inner wrap; a child must be like its parent in this.</param>
    public static TpmtPublic Migratable(
        KeyRole role, KeyAlgorithm algorithm, IReadOnlyList<IReadOnlyList<PolicyStep>> policy, bool encryptedDuplication)
    {
        bool strong = IsStrong(role, algorithm), hasUse = policy.Count != 0 && UsePolicy.MakesUse(policy[0]);
        TpmAlgId nameAlg = NameAlgOf(role, algorithm);
        TpmtSymDef symmetric = role != KeyRole.Storage ? TpmtSymDef.Null : strong ? TpmtSymDef.Aes256Cfb : TpmtSymDef.Aes128Cfb;
        TpmaObject use = role switch
        {
            KeyRole.Sign => TpmaObject.Sign,
            KeyRole.Decrypt => TpmaObject.Decrypt,
            KeyRole.Storage => TpmaObject.Restricted | TpmaObject.Decrypt,
            _ => throw new ArgumentOutOfRangeException(nameof(role), role, "A migratable key signs, decrypts or stores."),
        };
        return new TpmtPublic
        {
            NameAlg = nameAlg,
            ObjectAttributes = TpmaObject.SensitiveDataOrigin | use
                | (hasUse ? TpmaObject.None : TpmaObject.UserWithAuth)
                | (policy.Count == (hasUse ? 1 : 0) ? TpmaObject.FixedParent : TpmaObject.None)
                | (encryptedDuplication ? TpmaObject.EncryptedDuplication : TpmaObject.None),
            AuthPolicy = PolicyBranches.Digest(nameAlg, policy),
            Parameters = Parameters(algorithm, symmetric, TpmtScheme.Null),
            Point = algorithm is KeyAlgorithm.EccP256 or KeyAlgorithm.EccP384 ? new TpmsEccPoint([], []) : null,
        };
    }

    /// <summary>The name algorithm of a key that can be migrated, which is its policy's hash too.</summary>
    public static TpmAlgId NameAlgOf(KeyRole role, KeyAlgorithm algorithm) => IsStrong(role, algorithm) ? TpmAlgId.Sha384 : TpmAlgId.Sha256;

    /// <summary>A key that can be migrated and was made in software: like <see cref="Migratable"/>, but the TPM did not make its private part.</summary>
    /// <param name="role">Sign or Decrypt.</param>
    /// <param name="key">Its public key.</param>
    /// <param name="policy">The branches of its policy.</param>
    /// <param name="encryptedDuplication">Whether duplication must have an inner wrap.</param>
    /// <exception cref="UnsupportedAlgorithmException">The key is none of those that can be made.</exception>
    public static TpmtPublic MadeInSoftware(
        KeyRole role, AsymmetricPublic key, IReadOnlyList<IReadOnlyList<PolicyStep>> policy, bool encryptedDuplication)
    {
        TpmtPublic template = Migratable(role, AlgorithmOf(key), policy, encryptedDuplication);
        return new TpmtPublic
        {
            NameAlg = template.NameAlg,
            ObjectAttributes = template.ObjectAttributes & ~TpmaObject.SensitiveDataOrigin,
            AuthPolicy = template.AuthPolicy,
            Parameters = template.Parameters,
            Unique = key is RsaPublic rsa ? rsa.Modulus : [],
            Point = key is EccPublic ecc ? new TpmsEccPoint(ecc.X, ecc.Y) : null,
        };
    }

    /// <summary>A small sealed object, with which a storage key proves that it can have children.</summary>
    public static TpmtPublic SealedChildOf(TpmtPublic parent) => new()
    {
        NameAlg = TpmAlgId.Sha256,
        ObjectAttributes = TpmaObject.UserWithAuth | TpmaObject.FixedParent | TpmaObject.NoDa
            | parent.ObjectAttributes & (TpmaObject.EncryptedDuplication | TpmaObject.FixedTpm),
        Parameters = TpmsKeyedHashParms.SealedData,
    };

    /// <summary>The role that a public area's attributes give.</summary>
    public static KeyRole RoleOf(TpmtPublic key)
    {
        bool signs = key.Has(TpmaObject.Sign), decrypts = key.Has(TpmaObject.Decrypt), restricted = key.Has(TpmaObject.Restricted);
        if (key.Type is not (TpmAlgId.Rsa or TpmAlgId.Ecc)) return KeyRole.Other;
        return (signs, decrypts, restricted) switch
        {
            (true, false, false) => KeyRole.Sign,
            (true, false, true) => KeyRole.Attest,
            (false, true, false) => KeyRole.Decrypt,
            (false, true, true) => KeyRole.Storage,
            _ => KeyRole.Other,
        };
    }

    /// <summary>The algorithm in words: RSA 2048, ECC P-256, ...</summary>
    public static string AlgorithmOf(TpmtPublic key) => key.Parameters switch
    {
        TpmsRsaParms rsa => FormattableString.Invariant($"RSA {rsa.KeyBits}"),
        TpmsEccParms { CurveId: TpmEccCurve.NistP256 } => "ECC P-256",
        TpmsEccParms { CurveId: TpmEccCurve.NistP384 } => "ECC P-384",
        TpmsEccParms ecc => "ECC " + ecc.CurveId,
        TpmsKeyedHashParms { Scheme: TpmAlgId.Null } => "Sealed data",
        TpmsKeyedHashParms => "HMAC",
        _ => "Cipher",
    };

    private static bool IsStrong(KeyRole role, KeyAlgorithm algorithm) => role == KeyRole.Storage && algorithm is KeyAlgorithm.Rsa3072 or KeyAlgorithm.EccP384;

    private static KeyAlgorithm AlgorithmOf(AsymmetricPublic key) => key switch
    {
        RsaPublic { Modulus.Length: 2048 / 8 } => KeyAlgorithm.Rsa2048,
        RsaPublic { Modulus.Length: 3072 / 8 } => KeyAlgorithm.Rsa3072,
        EccPublic { Curve: TpmEccCurve.NistP256 } => KeyAlgorithm.EccP256,
        EccPublic { Curve: TpmEccCurve.NistP384 } => KeyAlgorithm.EccP384,
        _ => throw new UnsupportedAlgorithmException("A key that can be migrated is RSA 2048 or 3072, or ECC P-256 or P-384."),
    };

    private static TpmuPublicParms Parameters(KeyAlgorithm algorithm, TpmtSymDef symmetric, TpmtScheme scheme) => algorithm switch
    {
        KeyAlgorithm.Rsa2048 => new TpmsRsaParms(symmetric, scheme, 2048),
        KeyAlgorithm.Rsa3072 => new TpmsRsaParms(symmetric, scheme, 3072),
        KeyAlgorithm.EccP256 => new TpmsEccParms(symmetric, scheme, TpmEccCurve.NistP256, TpmtScheme.Null),
        KeyAlgorithm.EccP384 => new TpmsEccParms(symmetric, scheme, TpmEccCurve.NistP384, TpmtScheme.Null),
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "No such algorithm."),
    };
}
