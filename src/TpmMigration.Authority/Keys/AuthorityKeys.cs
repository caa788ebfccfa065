using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Keys;

/// <summary>
/// All keys of a Migration Authority, in software: the storage key that packages are wrapped to, the signing key with its certificate, that of TLS,
/// and the secret under which the service seals what it gives out and wants to see again.
/// </summary>
public sealed class AuthorityKeys : IDisposable
{
    internal const int StateSecretSize = 32;

    private readonly AsymmetricPrivate _storageKey;

    internal AuthorityKeys(TpmtPublic storageArea, AsymmetricPrivate storageKey, X509Certificate2 signing, X509Certificate2 tls, byte[] stateSecret)
    {
        StorageArea = storageArea;
        StorageParent = WrappingParent.From(storageArea);
        _storageKey = storageKey;
        SigningCertificate = signing;
        TlsCertificate = tls;
        StateSecret = stateSecret;
        Signer = new AuthoritySigner(signing);
    }

    /// <summary>The storage key's public area. Not of a TPM: it has neither fixedTPM nor fixedParent.</summary>
    public TpmtPublic StorageArea { get; }

    /// <summary>The same, for wrapping.</summary>
    public WrappingParent StorageParent { get; }

    /// <summary>Signs in the name of the Migration Authority.</summary>
    public IDocumentSigner Signer { get; }

    /// <summary>The certificate of <see cref="Signer"/>, with its private key.</summary>
    public X509Certificate2 SigningCertificate { get; }

    /// <summary>With its private key.</summary>
    public X509Certificate2 TlsCertificate { get; }

    /// <summary>The name of the Migration Authority: the common name in its certificate.</summary>
    public string Name => SigningCertificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    /// <summary>32 bytes; not a copy.</summary>
    internal byte[] StateSecret { get; }

    /// <summary>The secret half of the storage key, not a copy.</summary>
    internal byte[] StorageSecret => _storageKey.Secret;

    /// <summary>Makes all of them.</summary>
    /// <param name="name">The name of the Migration Authority.</param>
    /// <param name="hosts">DNS names and addresses for the certificate of TLS.</param>
    /// <param name="utc">Now.</param>
    public static AuthorityKeys Create(string name, IReadOnlyList<string> hosts, DateTime utc)
    {
        EccPrivate key = EccEngine.Default.NewKey(TpmEccCurve.NistP256);
        return new AuthorityKeys(StorageAreaOf(key.PublicKey), key, AuthorityCertificates.MakeSigning(name, utc), AuthorityCertificates.MakeTls(name, hosts, utc), SecretBytes.Random(StateSecretSize));
    }

    /// <summary>Sees to it that all that is wrapped in a package is wrapped to the storage key, and whole.</summary>
    /// <exception cref="WrappingIntegrityException">It is not.</exception>
    /// <exception cref="UnsupportedAlgorithmException">A key has a name algorithm that is not supported.</exception>
    public void RequireOpens(MigrationPackage package)
    {
        foreach (PackageKey key in package.Keys)
        {
            if (key.Blob is MigrationBlob blob) RequireOpens(key.PublicArea, blob.Duplicate, blob.EncryptedSeed);
        }
        if (package.DataKey is { } data) RequireOpens(data.PublicArea, data.Duplicate, data.EncryptedSeed);
    }

    /// <summary>Wraps what is wrapped to a storage key for another parent; an inner wrap stays as it is.</summary>
    /// <param name="storageKey">TPM name of the storage key.</param>
    /// <param name="parent">The new parent.</param>
    /// <param name="name">TPM name of what is wrapped.</param>
    /// <param name="wrapped">What is wrapped.</param>
    /// <exception cref="WrappingIntegrityException">It is not wrapped to that key, or was altered.</exception>
    internal WrappedKey Rewrap(byte[] storageKey, WrappingParent parent, byte[] name, WrappedKey wrapped) => SecretBytes.FixedTimeEquals(storageKey, StorageArea.Name)
        ? KeyWrap.Rewrap(StorageParent, _storageKey, parent, name, wrapped)
        : throw new WrappingIntegrityException("It is wrapped to a key that is not kept any more.");

    public void Dispose()
    {
        _storageKey.Dispose();
        SecretBytes.Clear(StateSecret);
        Signer.Dispose();
        SigningCertificate.Dispose();
        TlsCertificate.Dispose();
    }

    /// <summary>The storage key of a secret half that was kept.</summary>
    /// <exception cref="CryptographicException">It is not that of the public area.</exception>
    internal static AsymmetricPrivate StorageKeyOf(TpmtPublic area, byte[] secret)
    {
        if (area.ToAsymmetric() is not EccPublic ecc) throw new CryptographicException("The storage key is no ECC key.");
        EccPrivate key = EccEngine.Default.KeyOf(ecc.Curve, secret);
        if (SecretBytes.FixedTimeEquals(StorageAreaOf(key.PublicKey).Name, area.Name)) return key;
        key.Dispose();
        throw new CryptographicException("The storage key is another than its public area says.");
    }

    private void RequireOpens(TpmtPublic area, byte[] duplicate, byte[] seed) =>
        KeyWrap.RequireOpens(StorageParent, _storageKey, area.Name, new WrappedKey(duplicate, seed));

    private static TpmtPublic StorageAreaOf(EccPublic key) => new()
    {
        NameAlg = TpmAlgId.Sha256,
        ObjectAttributes = TpmaObject.UserWithAuth | TpmaObject.NoDa | TpmaObject.Restricted | TpmaObject.Decrypt,
        Parameters = new TpmsEccParms(TpmtSymDef.Aes128Cfb, TpmtScheme.Null, key.Curve, TpmtScheme.Null),
        Point = new TpmsEccPoint(key.X, key.Y),
    };
}
