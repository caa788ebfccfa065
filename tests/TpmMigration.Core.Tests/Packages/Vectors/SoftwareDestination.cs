using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Modes;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>Opens what a package holds with the private key of its destination, as the destination's TPM does: everything, or it was altered.</summary>
internal sealed class SoftwareDestination
{
    private readonly WrappingParent _parent;
    private readonly string _name;

    internal SoftwareDestination(string name)
    {
        _name = name;
        _parent = WrappingParent.From(VectorKey.Destination(name));
    }

    /// <exception cref="PackageIntegrityException">A blob does not open, or its private part does not fit the public one.</exception>
    internal void Open(MigrationPackage package)
    {
        try
        {
            OpenAll(package);
        }
        catch (Exception e) when (e is WrappingIntegrityException or TpmWireException or InvalidCipherTextException)
        {
            throw new PackageIntegrityException(PackageIntegrityFault.Altered, "Something in the package does not open.", e);
        }
    }

    private void OpenAll(MigrationPackage package)
    {
        Dictionary<Guid, VectorKey> opened = [];
        foreach (PackageKey key in package.Keys)
        {
            byte[] sensitive = key.Blob switch
            {
                MigrationBlob blob => Unwrap(key.PublicArea.Name, blob.Duplicate, blob.EncryptedSeed, InnerKey(package, blob.InnerKey)),
                ChildBlob child => Unprotect(opened[child.ParentId], key.PublicArea.Name, child.Private),
                _ => throw new InvalidOperationException("There is no other kind of blob."),
            };
            opened.Add(key.Id, Fitting(key.PublicArea, sensitive));
        }
        if (package.DataKey is not { } dataKey) return;
        byte[] secret = Secret(Fitting(dataKey.PublicArea, Unwrap(dataKey.PublicArea.Name, dataKey.Duplicate, dataKey.EncryptedSeed, InnerKey(package, dataKey.InnerKey))).Sensitive);
        foreach (PackageKey key in package.Keys)
        {
            foreach (SealedData item in key.Data)
                OpenItem(secret, key.PublicArea.Name, item);
        }
    }

    private static byte[]? InnerKey(MigrationPackage package, byte[]? wrapped)
    {
        if (wrapped == null) return null;
        byte[]? recovery = InnerWrapVectors.Open(package.InnerWrap!.Passphrase!);
        return recovery == null ? null : AesKeyWrap.TryUnwrap(recovery, wrapped) ?? throw new WrappingIntegrityException("The inner key was altered.");
    }

    private byte[] Unwrap(byte[] name, byte[] duplicate, byte[] seed, byte[]? innerKey)
    {
        using AsymmetricPrivate key = PrivateKey();
        return KeyWrap.Unwrap(_parent, key, name, new WrappedKey(duplicate, seed), innerKey);
    }

    private AsymmetricPrivate PrivateKey() => _name == "destination-rsa"
        ? new RsaPrivate((RsaPublic)_parent.PublicKey, VectorFolder.Rsa(_name).P!)
        : new EccPrivate((EccPublic)_parent.PublicKey, VectorFolder.Ecc(_name).D!);

    private static byte[] Unprotect(VectorKey parent, byte[] name, byte[] privateArea)
    {
        byte[] digest = SizedBytes.TryFirst(privateArea, 0) ?? [];
        byte[] content = privateArea[Math.Min(privateArea.Length, 2 + digest.Length)..];
        byte[] key = Kdf.KdfA(TpmAlgId.Sha256, parent.Seed, "INTEGRITY", null, null, 256);
        byte[]? iv = SizedBytes.TryFirst(content, 0);
        if (iv is null || !SecretBytes.FixedTimeEquals(digest, TpmHash.Hmac(TpmAlgId.Sha256, key, content, name)))
            throw new WrappingIntegrityException("The private area is another key's or parent's, or was altered.");
        byte[] plain = AesCfb.Decrypt(Kdf.KdfA(TpmAlgId.Sha256, parent.Seed, "STORAGE", name, null, parent.PublicArea.Symmetric.KeyBits), iv, content[(2 + iv.Length)..]);
        return SizedBytes.TryOnly(plain) ?? throw new WrappingIntegrityException("The private area holds no sensitive area.");
    }

    /// <summary>The key, if its private part is the one of its public part.</summary>
    private static VectorKey Fitting(TpmtPublic area, byte[] sensitive)
    {
        (TpmAlgId type, byte[] seed, byte[] secret) = TpmReader.ReadWhole(sensitive, "The sensitive area", r =>
        {
            TpmAlgId alg = r.ReadAlg();
            r.ReadTpm2b();
            return (alg, r.ReadTpm2b(), r.ReadTpm2b());
        });
        bool fits = type == area.Type && type switch
        {
            TpmAlgId.Rsa => Divides(secret, area.Unique),
            TpmAlgId.Ecc => IsScalarOf(secret, area.Point!),
            _ => SHA256.HashData([.. seed, .. secret]).AsSpan().SequenceEqual(area.Unique),
        };
        return fits ? new VectorKey(area, sensitive, seed) : throw new WrappingIntegrityException("The private part does not fit the public one.");
    }

    private static bool Divides(byte[] prime, byte[] modulus)
    {
        var divisor = new System.Numerics.BigInteger(prime, isUnsigned: true, isBigEndian: true);
        return divisor > 1 && new System.Numerics.BigInteger(modulus, isUnsigned: true, isBigEndian: true) % divisor == 0;
    }

    private static bool IsScalarOf(byte[] scalar, TpmsEccPoint point)
    {
        if (scalar.All(b => b == 0) || scalar.Length != 32) return false;
        using EccPrivate key = EccEngine.Default.KeyOf(TpmEccCurve.NistP256, scalar);
        return key.PublicKey.X.AsSpan().SequenceEqual(point.X) && key.PublicKey.Y.AsSpan().SequenceEqual(point.Y);
    }

    private static byte[] Secret(byte[] sensitive) => TpmReader.ReadWhole(sensitive, "The sensitive area", r =>
    {
        r.ReadAlg();
        r.ReadTpm2b();
        r.ReadTpm2b();
        return r.ReadTpm2b();
    });

    private static void OpenItem(byte[] secret, byte[] keyName, SealedData item)
    {
        GcmBlockCipher cipher = VectorPackages.DataCipher(false, secret, item.Content[..12], keyName, item.Type, item.Name, item.MediaType, item.Length);
        byte[] output = new byte[cipher.GetOutputSize(item.Content.Length - 12)];
        int written = cipher.ProcessBytes(item.Content, 12, item.Content.Length - 12, output, 0);
        cipher.DoFinal(output, written);
    }
}
