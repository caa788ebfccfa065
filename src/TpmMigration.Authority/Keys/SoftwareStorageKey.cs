using System;
using System.Security.Cryptography;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Keys;

/// <summary>A storage key in software. Dispose clears it.</summary>
internal sealed class SoftwareStorageKey : StorageKey
{
    // Not of a TPM: neither fixedTPM nor fixedParent.
    private const TpmaObject Attributes = TpmaObject.UserWithAuth | TpmaObject.NoDa | TpmaObject.Restricted | TpmaObject.Decrypt;

    private readonly AsymmetricPrivate _key;

    private SoftwareStorageKey(TpmtPublic area, AsymmetricPrivate key, DateTime created) : base(area, created) => _key = key;

    /// <summary>The secret half, not a copy.</summary>
    internal byte[] Secret => _key.Secret;

    /// <summary>Makes one.</summary>
    internal static SoftwareStorageKey Create(KeyAlgorithm algorithm, DateTime utc)
    {
        AsymmetricPrivate key = algorithm switch
        {
            KeyAlgorithm.EccP256 => EccEngine.Default.NewKey(TpmEccCurve.NistP256),
            KeyAlgorithm.EccP384 => EccEngine.Default.NewKey(TpmEccCurve.NistP384),
            KeyAlgorithm.Rsa2048 => NewRsa(2048),
            KeyAlgorithm.Rsa3072 => NewRsa(3072),
            _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "No such algorithm."),
        };
        return new SoftwareStorageKey(AreaOf(key.PublicKey), key, StoredKeys.WholeSeconds(utc));
    }

    /// <summary>The key of a secret half that was kept.</summary>
    /// <param name="area">Its public area.</param>
    /// <param name="secret">ECC: the scalar. RSA: a prime. It is copied.</param>
    /// <param name="created">UTC.</param>
    /// <exception cref="CryptographicException">They do not belong together.</exception>
    internal static SoftwareStorageKey Of(TpmtPublic area, byte[] secret, DateTime created)
    {
        AsymmetricPrivate key = area.ToAsymmetric() switch
        {
            EccPublic ecc => EccEngine.Default.KeyOf(ecc.Curve, secret),
            RsaPublic rsa => RsaOf(rsa, secret),
            _ => throw new CryptographicException("The storage key is of no known algorithm."),
        };
        if (SecretBytes.FixedTimeEquals(AreaOf(key.PublicKey).Name, area.Name)) return new SoftwareStorageKey(area, key, created);
        key.Dispose();
        throw new CryptographicException("The storage key is another than its public area says.");
    }

    internal override void RequireOpens(MigrationPackage package) => PackageBlobs.Rewrap(package, (_, name, wrapped) =>
    {
        RequireOpens(name, wrapped);
        return wrapped;
    });

    /// <inheritdoc cref="StorageKey.RequireOpens(MigrationPackage)"/>
    internal void RequireOpens(byte[] objectName, WrappedKey wrapped) => KeyWrap.RequireOpens(Parent, _key, objectName, wrapped);

    internal override MigrationPackage Rewrap(MigrationPackage package, TpmtPublic parent)
    {
        WrappingParent target = WrappingParent.From(parent);
        return PackageBlobs.Rewrap(package, (_, name, wrapped) => KeyWrap.Rewrap(Parent, _key, target, name, wrapped));
    }

    public override void Dispose() => _key.Dispose();

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

    private static TpmtPublic AreaOf(AsymmetricPublic key) => Template(key switch
    {
        RsaPublic rsa => rsa.Modulus.Length > 2048 / 8 ? KeyAlgorithm.Rsa3072 : KeyAlgorithm.Rsa2048,
        EccPublic ecc => ecc.Curve == TpmEccCurve.NistP384 ? KeyAlgorithm.EccP384 : KeyAlgorithm.EccP256,
        _ => throw new ArgumentOutOfRangeException(nameof(key)),
    }, Attributes, key);
}
