using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Keys;

/// <summary>
/// All keys of a Migration Authority, in software: the storage keys that packages are wrapped to, the signing key with its certificate, that of TLS,
/// and the secret under which the service seals what it gives out and wants to see again. Storage keys and that of TLS may change while it runs.
/// </summary>
public sealed class AuthorityKeys : IDisposable
{
    internal const int StateSecretSize = 32;

    // What was replaced may be in use by a request or a handshake still; it is cleared when the service ends.
    private readonly List<IDisposable> _replaced = [];
    private volatile IReadOnlyList<StorageKey> _storageKeys;
    private volatile X509Certificate2 _tls;

    /// <param name="storageKeys">The newest first; at least one.</param>
    /// <param name="signing">With its private key.</param>
    /// <param name="tls">With its private key.</param>
    /// <param name="stateSecret">32 bytes.</param>
    internal AuthorityKeys(IReadOnlyList<StorageKey> storageKeys, X509Certificate2 signing, X509Certificate2 tls, byte[] stateSecret)
    {
        (_storageKeys, _tls) = (storageKeys, tls);
        SigningCertificate = signing;
        StateSecret = stateSecret;
        Signer = new AuthoritySigner(signing);
    }

    /// <summary>The newest first: packages are to be wrapped to it. The others are kept for what is wrapped to them.</summary>
    public IReadOnlyList<StorageKey> StorageKeys => _storageKeys;

    /// <summary>The newest.</summary>
    public StorageKey StorageKey => _storageKeys[0];

    /// <summary>Signs in the name of the Migration Authority.</summary>
    public IDocumentSigner Signer { get; }

    /// <summary>The certificate of <see cref="Signer"/>, with its private key.</summary>
    public X509Certificate2 SigningCertificate { get; }

    /// <summary>With its private key.</summary>
    public X509Certificate2 TlsCertificate => _tls;

    /// <summary>The name of the Migration Authority: the common name in its certificate.</summary>
    public string Name => SigningCertificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    /// <summary>32 bytes; not a copy.</summary>
    internal byte[] StateSecret { get; }

    /// <summary>Looks whether the file was replaced, and takes over what is new in it. Keys that are in no file stay as they are.</summary>
    internal Action Refresh { get; set; } = () => { };

    /// <summary>Makes all of them.</summary>
    /// <param name="name">The name of the Migration Authority.</param>
    /// <param name="hosts">DNS names and addresses for the certificate of TLS.</param>
    /// <param name="utc">Now.</param>
    /// <param name="storageKey">The first storage key; null for one of ECC P-256 in software.</param>
    public static AuthorityKeys Create(string name, IReadOnlyList<string> hosts, DateTime utc, StorageKey? storageKey = null) => new(
        [storageKey ?? SoftwareStorageKey.Create(KeyAlgorithm.EccP256, utc)], AuthorityCertificates.MakeSigning(name, utc), AuthorityCertificates.MakeTls(name, hosts, utc), SecretBytes.Random(StateSecretSize));

    /// <summary>A storage key by its TPM name; null if it was never this authority's, or is no longer kept.</summary>
    public StorageKey? Find(byte[] name) => _storageKeys.FirstOrDefault(key => SecretBytes.FixedTimeEquals(key.Name, name));

    /// <summary>The same keys with one more storage key, to which packages are wrapped from now on.</summary>
    internal void Add(StorageKey key) => _storageKeys = [key, .. _storageKeys];

    /// <summary>Another certificate of TLS.</summary>
    internal void Replace(X509Certificate2 tls)
    {
        _replaced.Add(_tls);
        _tls = tls;
    }

    /// <summary>Takes over storage keys and the certificate of TLS of another reading of the same file, which is used up.</summary>
    /// <exception cref="DataDirectoryException">They are the keys of another Migration Authority.</exception>
    internal void Adopt(AuthorityKeys other)
    {
        _replaced.Add(other);
        if (!SecretBytes.FixedTimeEquals(other.SigningCertificate.RawData, SigningCertificate.RawData) || !SecretBytes.FixedTimeEquals(other.StateSecret, StateSecret))
            throw new DataDirectoryException(DataDirectoryFault.KeysRefused, "The file of the keys is now that of another Migration Authority. This service goes on with the keys it had: restart it to take the others.");
        _replaced.AddRange(_storageKeys);
        _replaced.Add(_tls);
        _storageKeys = other._storageKeys;
        _tls = other._tls;
    }

    /// <summary>Wraps a package for another parent, with the storage key that it is wrapped to.</summary>
    /// <param name="package">The package.</param>
    /// <param name="storageKey">TPM name of that storage key.</param>
    /// <param name="parent">The new parent.</param>
    /// <inheritdoc cref="StorageKey.Rewrap"/>
    internal MigrationPackage Rewrap(MigrationPackage package, byte[] storageKey, TpmtPublic parent)
    {
        StorageKey? key = Find(storageKey);
        if (key == null)
        {
            // It may be newer than what was read.
            Refresh();
            key = Find(storageKey) ?? throw new WrappingIntegrityException("It is wrapped to a key that is not kept any more.");
        }
        return key.Rewrap(package, parent);
    }

    public void Dispose()
    {
        foreach (IDisposable replaced in _replaced) replaced.Dispose();
        foreach (StorageKey key in _storageKeys) key.Dispose();
        SecretBytes.Clear(StateSecret);
        Signer.Dispose();
        SigningCertificate.Dispose();
        TlsCertificate.Dispose();
    }
}
