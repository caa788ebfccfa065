using System;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Keys;

/// <summary>
/// A storage key of the Migration Authority: packages are wrapped to it, and it wraps them anew for others. Inner wraps stay as they are. It has one of two
/// homes, the service's memory or the host's TPM.
/// </summary>
public abstract class StorageKey : IDisposable
{
    private protected StorageKey(TpmtPublic area, DateTime created)
    {
        (Area, Created) = (area, created);
        Parent = WrappingParent.From(area);
    }

    public TpmtPublic Area { get; }

    /// <summary>The same, for wrapping.</summary>
    public WrappingParent Parent { get; }

    /// <summary>UTC, whole seconds.</summary>
    public DateTime Created { get; }

    /// <summary>Its TPM name.</summary>
    internal byte[] Name => Area.Name;

    /// <summary>In words, such as ECC P-256.</summary>
    internal virtual string Algorithm => KeyTemplates.AlgorithmOf(Area);

    /// <summary>Sees to it that all that is wrapped in a package is wrapped to this key, and whole.</summary>
    /// <exception cref="WrappingIntegrityException">It is not.</exception>
    /// <exception cref="UnsupportedAlgorithmException">A key has a name algorithm that is not supported.</exception>
    /// <exception cref="StorageKeyUnavailableException">The TPM cannot do it now.</exception>
    internal abstract void RequireOpens(MigrationPackage package);

    /// <summary>Wraps all that is wrapped to this key in a package for another parent.</summary>
    /// <param name="package">The package; its signature is gone with that.</param>
    /// <param name="parent">The new parent.</param>
    /// <exception cref="WrappingIntegrityException">Something is not wrapped to this key, or was altered.</exception>
    /// <exception cref="ArgumentException">The new parent's public key is no valid key.</exception>
    /// <exception cref="UnsupportedAlgorithmException">An algorithm of a parent or of a name is not supported.</exception>
    /// <exception cref="StorageKeyUnavailableException">The TPM cannot do it now.</exception>
    internal abstract MigrationPackage Rewrap(MigrationPackage package, TpmtPublic parent);

    public abstract void Dispose();

    /// <summary>What a storage key of an algorithm is like; without a key, what a TPM is to make.</summary>
    private protected static TpmtPublic Template(KeyAlgorithm algorithm, TpmaObject attributes, AsymmetricPublic? key = null)
    {
        bool isStrong = algorithm is KeyAlgorithm.Rsa3072 or KeyAlgorithm.EccP384;
        TpmtSymDef symmetric = isStrong ? TpmtSymDef.Aes256Cfb : TpmtSymDef.Aes128Cfb;
        return new TpmtPublic
        {
            NameAlg = isStrong ? TpmAlgId.Sha384 : TpmAlgId.Sha256,
            ObjectAttributes = attributes,
            Parameters = algorithm switch
            {
                KeyAlgorithm.Rsa2048 => new TpmsRsaParms(symmetric, TpmtScheme.Null, 2048),
                KeyAlgorithm.Rsa3072 => new TpmsRsaParms(symmetric, TpmtScheme.Null, 3072),
                KeyAlgorithm.EccP256 => new TpmsEccParms(symmetric, TpmtScheme.Null, TpmEccCurve.NistP256, TpmtScheme.Null),
                KeyAlgorithm.EccP384 => new TpmsEccParms(symmetric, TpmtScheme.Null, TpmEccCurve.NistP384, TpmtScheme.Null),
                _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "No such algorithm."),
            },
            Unique = key is RsaPublic rsa ? rsa.Modulus : [],
            Point = key is EccPublic ecc ? new TpmsEccPoint(ecc.X, ecc.Y) : algorithm is KeyAlgorithm.EccP256 or KeyAlgorithm.EccP384 ? new TpmsEccPoint([], []) : null,
        };
    }
}
