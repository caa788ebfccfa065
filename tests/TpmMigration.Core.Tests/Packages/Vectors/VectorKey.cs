using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>A key of the set in both halves, and its wraps, the same each time.</summary>
internal sealed record VectorKey(TpmtPublic PublicArea, byte[] Sensitive, byte[] Seed)
{
    internal byte[] Name => PublicArea.Name;

    /// <summary>A new parent: a storage key of which the set has the private half.</summary>
    internal static TpmtPublic Destination(string name) => name == "destination-rsa"
        ? Area(KeyTemplates.Migratable(KeyRole.Storage, KeyAlgorithm.Rsa2048, [], false), VectorFolder.Rsa(name).Modulus!, null)
        : Area(KeyTemplates.Migratable(KeyRole.Storage, KeyAlgorithm.EccP256, [], false), [], VectorFolder.Ecc(name).Q);

    /// <summary>The same key as the endorsement key of a TPM.</summary>
    internal static TpmtPublic Endorsement(string name) => EndorsementTemplate.PublicAreaOf(Destination(name).ToAsymmetric())!;

    internal static VectorKey Ecc(string label, TpmtPublic template, string password = "")
    {
        byte[] scalar = VectorFolder.Bytes(label + " scalar", 32);
        scalar[0] &= 0x7F;
        using EccPrivate key = EccEngine.Default.KeyOf(TpmEccCurve.NistP256, scalar);
        var area = Area(template, [], new ECPoint { X = key.PublicKey.X, Y = key.PublicKey.Y });
        return Make(label, area, scalar, password);
    }

    internal static VectorKey Rsa(TpmtPublic template)
    {
        RSAParameters numbers = VectorFolder.Rsa("key-rsa");
        return Make("rsa", Area(template, numbers.Modulus!, null), numbers.P!, string.Empty);
    }

    /// <summary>A sealed-data object: its unique field is the digest of seed and content.</summary>
    internal static VectorKey Sealed(string label, byte[] content)
    {
        byte[] seed = VectorFolder.Bytes(label + " seed", 32);
        var area = new TpmtPublic
        {
            NameAlg = TpmAlgId.Sha256,
            ObjectAttributes = TpmaObject.UserWithAuth | TpmaObject.NoDa,
            Parameters = TpmsKeyedHashParms.SealedData,
            Unique = SHA256.HashData([.. seed, .. content]),
        };
        return new VectorKey(area, SensitiveOf(TpmAlgId.KeyedHash, string.Empty, seed, content), seed);
    }

    /// <summary>The outer wrap to a new parent.</summary>
    internal WrappedKey WrapTo(TpmtPublic parent, string label, byte[]? innerKey = null) => WrapTo(parent, label, Name, Sensitive, innerKey);

    internal static WrappedKey WrapTo(TpmtPublic parent, string label, byte[] name, byte[] sensitive, byte[]? innerKey = null)
    {
        int asked = 0;
        using SharedSecret seed = SecretSharing.Encapsulate(
            parent.ToAsymmetric(), parent.NameAlg, SecretLabel.Duplicate, bytes => VectorFolder.Bytes($"{label} wrap {asked++}", bytes.Length).CopyTo(bytes, 0), EccEngine.Default);
        return new WrappedKey(OuterWrap.Seal(parent.NameAlg, parent.Symmetric.KeyBits, seed.Secret, name, innerKey == null ? SizedBytes.Join(sensitive) : InnerWrap.Seal(innerKey, name, sensitive)), seed.EncryptedSecret);
    }

    /// <summary>The private area under a parent, as TPM2_Create gives it. TPM 2.0 Part 1, 22.</summary>
    internal byte[] PrivateUnder(VectorKey parent)
    {
        byte[] iv = VectorFolder.Bytes(Convert.ToHexString(Name) + " iv", 16);
        byte[] key = Kdf.KdfA(TpmAlgId.Sha256, parent.Seed, "STORAGE", Name, null, parent.PublicArea.Symmetric.KeyBits);
        byte[] content = [.. SizedBytes.Join(iv), .. AesCfb.Encrypt(key, iv, SizedBytes.Join(Sensitive))];
        return [.. SizedBytes.Join(TpmHash.Hmac(TpmAlgId.Sha256, Kdf.KdfA(TpmAlgId.Sha256, parent.Seed, "INTEGRITY", null, null, 256), content, Name)), .. content];
    }

    internal static byte[] SensitiveOf(TpmAlgId type, string password, byte[] seed, byte[] secret) => TpmWriter.Write(w =>
    {
        w.WriteAlg(type);
        w.WriteTpm2b(System.Text.Encoding.UTF8.GetBytes(password));
        w.WriteTpm2b(seed);
        w.WriteTpm2b(secret);
    });

    private static VectorKey Make(string label, TpmtPublic area, byte[] secret, string password)
    {
        byte[] seed = area.IsStorageKey ? VectorFolder.Bytes(label + " seed", 32) : [];
        return new VectorKey(area, SensitiveOf(area.Type, password, seed, secret), seed);
    }

    private static TpmtPublic Area(TpmtPublic template, byte[] modulus, ECPoint? point) => new()
    {
        NameAlg = template.NameAlg,
        ObjectAttributes = template.ObjectAttributes,
        AuthPolicy = template.AuthPolicy,
        Parameters = template.Parameters,
        Unique = modulus,
        Point = point is { } p ? new TpmsEccPoint(p.X!, p.Y!) : null,
    };

    internal static TpmtPublic Template(KeyRole role, KeyAlgorithm algorithm, bool migrating, bool encryptedDuplication = false)
    {
        IReadOnlyList<IReadOnlyList<PolicyStep>> policy = migrating ? [KeyPolicies.MigratableBranch] : Enumerable.Empty<IReadOnlyList<PolicyStep>>().ToList();
        return KeyTemplates.Migratable(role, algorithm, policy, encryptedDuplication);
    }
}
