using System;
using System.Security.Cryptography;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Keys;

/// <summary>A storage key of the Migration Authority, in software: packages are wrapped to it, and it opens them to wrap them anew. Dispose clears it.</summary>
public sealed class StorageKey : IDisposable
{
    private readonly AsymmetricPrivate _key;

    private StorageKey(TpmtPublic area, AsymmetricPrivate key, DateTime created)
    {
        (Area, _key, Created) = (area, key, created);
        Parent = WrappingParent.From(area);
    }

    /// <summary>Its public area. Not of a TPM: it has neither fixedTPM nor fixedParent.</summary>
    public TpmtPublic Area { get; }

    /// <summary>The same, for wrapping.</summary>
    public WrappingParent Parent { get; }

    /// <summary>UTC, whole seconds.</summary>
    public DateTime Created { get; }

    /// <summary>Its TPM name.</summary>
    internal byte[] Name => Area.Name;

    /// <summary>In words, such as ECC P-256.</summary>
    internal string Algorithm => KeyTemplates.AlgorithmOf(Area);

    /// <summary>The secret half, not a copy.</summary>
    internal byte[] Secret => _key.Secret;

    /// <summary>Makes one.</summary>
    internal static StorageKey Create(KeyAlgorithm algorithm, DateTime utc)
    {
        AsymmetricPrivate key = algorithm switch
        {
            KeyAlgorithm.EccP256 => EccEngine.Default.NewKey(TpmEccCurve.NistP256),
            KeyAlgorithm.EccP384 => EccEngine.Default.NewKey(TpmEccCurve.NistP384),
            KeyAlgorithm.Rsa2048 => NewRsa(2048),
            KeyAlgorithm.Rsa3072 => NewRsa(3072),
            _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "No such algorithm."),
        };
        return new StorageKey(AreaOf(key.PublicKey), key, StoredKeys.WholeSeconds(utc));
    }

    /// <summary>The key of a secret half that was kept.</summary>
    /// <param name="area">Its public area.</param>
    /// <param name="secret">ECC: the scalar. RSA: a prime. It is copied.</param>
    /// <param name="created">UTC.</param>
    /// <exception cref="CryptographicException">They do not belong together.</exception>
    internal static StorageKey Of(TpmtPublic area, byte[] secret, DateTime created)
    {
        AsymmetricPrivate key = area.ToAsymmetric() switch
        {
            EccPublic ecc => EccEngine.Default.KeyOf(ecc.Curve, secret),
            RsaPublic rsa => RsaOf(rsa, secret),
            _ => throw new CryptographicException("The storage key is of no known algorithm."),
        };
        if (SecretBytes.FixedTimeEquals(AreaOf(key.PublicKey).Name, area.Name)) return new StorageKey(area, key, created);
        key.Dispose();
        throw new CryptographicException("The storage key is another than its public area says.");
    }

    /// <summary>Sees to it that all that is wrapped in a package is wrapped to this key, and whole.</summary>
    /// <exception cref="WrappingIntegrityException">It is not.</exception>
    /// <exception cref="UnsupportedAlgorithmException">A key has a name algorithm that is not supported.</exception>
    public void RequireOpens(MigrationPackage package)
    {
        foreach (PackageKey key in package.Keys)
        {
            if (key.Blob is MigrationBlob blob) RequireOpens(key.PublicArea.Name, new WrappedKey(blob.Duplicate, blob.EncryptedSeed));
        }
        if (package.DataKey is { } data) RequireOpens(data.PublicArea.Name, new WrappedKey(data.Duplicate, data.EncryptedSeed));
    }

    /// <inheritdoc cref="RequireOpens(MigrationPackage)"/>
    internal void RequireOpens(byte[] objectName, WrappedKey wrapped) => KeyWrap.RequireOpens(Parent, _key, objectName, wrapped);

    /// <summary>Wraps what is wrapped to this key for another parent. An inner wrap stays as it is.</summary>
    /// <param name="objectName">TPM name of what is wrapped.</param>
    /// <param name="wrapped">What is wrapped.</param>
    /// <param name="parent">The new parent.</param>
    /// <exception cref="WrappingIntegrityException">It is not wrapped to this key, or was altered.</exception>
    /// <exception cref="ArgumentException">The new parent's public key is no valid key.</exception>
    /// <exception cref="UnsupportedAlgorithmException">An algorithm of a parent or of the name is not supported.</exception>
    internal WrappedKey Rewrap(byte[] objectName, WrappedKey wrapped, WrappingParent parent) => KeyWrap.Rewrap(Parent, _key, parent, objectName, wrapped);

    public void Dispose() => _key.Dispose();

    private static RsaPrivate NewRsa(int bits)
    {
        using var rsa = RSA.Create(bits);
        RSAParameters numbers = rsa.ExportParameters(includePrivateParameters: true);
        try
        {
            return new RsaPrivate(new RsaPublic(numbers.Modulus!, RsaPublic.DefaultExponent), numbers.P!);
        }
        finally
        {
            foreach (byte[]? secret in new[] { numbers.D, numbers.P, numbers.Q, numbers.DP, numbers.DQ, numbers.InverseQ }) SecretBytes.Clear(secret);
        }
    }

    private static RsaPrivate RsaOf(RsaPublic area, byte[] prime)
    {
        var key = new RsaPrivate(area, prime);
        try
        {
            // What is derived is kept; a prime that is not the key's is found here.
            _ = key.Numbers;
            return key;
        }
        catch (ArgumentException e)
        {
            key.Dispose();
            throw new CryptographicException("The storage key is another than its public area says.", e);
        }
    }

    private static TpmtPublic AreaOf(AsymmetricPublic key)
    {
        bool isStrong = key is RsaPublic { Modulus.Length: > 2048 / 8 } or EccPublic { Curve: TpmEccCurve.NistP384 };
        TpmtSymDef symmetric = isStrong ? TpmtSymDef.Aes256Cfb : TpmtSymDef.Aes128Cfb;
        return new TpmtPublic
        {
            NameAlg = isStrong ? TpmAlgId.Sha384 : TpmAlgId.Sha256,
            ObjectAttributes = TpmaObject.UserWithAuth | TpmaObject.NoDa | TpmaObject.Restricted | TpmaObject.Decrypt,
            Parameters = key switch
            {
                RsaPublic rsa => new TpmsRsaParms(symmetric, TpmtScheme.Null, (ushort)(rsa.Modulus.Length * 8)),
                EccPublic ecc => new TpmsEccParms(symmetric, TpmtScheme.Null, ecc.Curve, TpmtScheme.Null),
                _ => throw new ArgumentOutOfRangeException(nameof(key)),
            },
            Unique = key is RsaPublic modulus ? modulus.Modulus : [],
            Point = key is EccPublic point ? new TpmsEccPoint(point.X, point.Y) : null,
        };
    }
}
