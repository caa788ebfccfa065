using System;
using System.Collections.Generic;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Attestation;

/// <summary>
/// Has the platform's attestation key certify keys. It stays loaded from the first key on: each takes Load, Certify, CertifyCreation where the
/// TPM made it, and FlushContext. Dispose lets it go.
/// </summary>
public sealed class KeyCertifier : IDisposable
{
    /// <summary>What every TPM takes as qualifying data.</summary>
    public const int MostNonceBytes = 32;

    private readonly KeyLoader _loader;
    private readonly KeyPasswords _passwords;
    private TpmObject? _attestationKey;
    private EndorsementKey? _endorsement;

    /// <param name="loader">TPM and store.</param>
    /// <param name="passwords">The passwords of keys and parents; still the caller's.</param>
    public KeyCertifier(KeyLoader loader, KeyPasswords passwords)
    {
        _loader = loader;
        _passwords = passwords;
    }

    /// <summary>Certifies a key. The attestation key is made if need be.</summary>
    /// <param name="name">A key of the store, or a persistent handle.</param>
    /// <param name="nonce">At most 32 bytes; empty for none.</param>
    /// <exception cref="KeyException">There is no such key, or it cannot be loaded.</exception>
    /// <exception cref="KeyAuthorizationException">The key's password is wrong or missing.</exception>
    /// <exception cref="CertificationException">The key cannot be certified.</exception>
    public CertifiedKey Certify(string name, byte[] nonce)
    {
        if (nonce.Length > MostNonceBytes) throw new ArgumentException($"A nonce has at most {MostNonceBytes} bytes.", nameof(nonce));
        if (KeyRemover.IsHandle(name, out uint handle)) return CertifyPersistent(name, handle, nonce);
        StoredKey stored = _loader.Store.Find(name)?.Require()
            ?? throw new KeyException(KeyFault.NotFound, $"There is no key named '{name}' in the store. Get-TpmKey lists them.");
        Require(name, stored.PublicArea());
        if (stored.HasPassword() && _passwords.Key.Length == 0) throw KeyAuthorizationException.MissingFor(name);
        Prepare();
        TpmObject key = _loader.Load(stored);
        try
        {
            return Certify(stored.Record.Name, key, nonce, stored.Record, _ => Ancestors(stored.Record));
        }
        finally
        {
            _loader.Device.Flush(key.Handle);
        }
    }

    public void Dispose()
    {
        if (_attestationKey != null) _loader.Device.Flush(_attestationKey.Handle);
        _attestationKey = null;
    }

    private static void Require(string name, TpmtPublic key)
    {
        if (key.Has(TpmaObject.AdminWithPolicy))
            throw new CertificationException(CertificationFault.NotCertifiable, $"The key '{name}' cannot be certified: adminWithPolicy is set, so TPM2_Certify takes a policy of its own, which is not known here.");
    }

    private CertifiedKey CertifyPersistent(string name, uint handle, byte[] nonce)
    {
        TpmObject key = PersistentKeys.Read(_loader.Device, handle)
            ?? throw new KeyException(KeyFault.NotFound, $"There is no key at the persistent handle {name}. Get-TpmKey lists them.");
        Require(name, key.PublicArea);
        Prepare();
        return Certify(name, key, nonce, null, qualifiedName => AncestorsOf(key.PublicArea, qualifiedName));
    }

    /// <summary>What needs room in the TPM comes before the key: the session, and the attestation key, which may have to be made.</summary>
    private void Prepare()
    {
        if (_attestationKey != null) return;
        _endorsement = EndorsementKey.Read(_loader.Device);
        _attestationKey = AttestationKey.Load(_loader);
    }

    private CertifiedKey Certify(string name, TpmObject key, byte[] nonce, KeyRecord? record, Func<byte[], IReadOnlyList<TpmtPublic>?> ancestors)
    {
        if (SecretBytes.FixedTimeEquals(key.PublicArea.Name, _attestationKey!.PublicArea.Name))
            throw new CertificationException(CertificationFault.NotCertifiable, $"The key '{name}' is the attestation key: what it says of itself proves nothing.");
        CertifyResponse certified = KeyAuthorizationException.Explain(_loader.Device, AuthorizationSubject.Key, name, () => _loader.Device.Execute(
            new Certify { ObjectHandle = key.Handle, SignHandle = _attestationKey.Handle, QualifyingData = nonce }, Authorization(key), TpmAuthorization.Empty));
        byte[] qualifiedName = TpmsAttest.Unmarshal(certified.CertifyInfo).As<TpmsCertifyInfo>().QualifiedName;
        return new CertifiedKey
        {
            HostName = Environment.MachineName,
            Created = StoredKeys.Now(),
            KeyName = name,
            TpmName = key.PublicArea.Name,
            PublicArea = key.PublicArea,
            Nonce = nonce,
            Policy = record?.PolicyBranches ?? [],
            SelectionAuthorities = record?.SelectionAuthorities ?? [],
            Ancestors = ancestors(qualifiedName),
            Certification = new KeyCertification(_attestationKey.PublicArea, certified.CertifyInfo, certified.Signature),
            Creation = record?.Creation is { } creation ? CertifyCreation(name, key, nonce, creation) : null,
            EndorsementKey = _endorsement?.PublicArea,
            EndorsementCertificates = _endorsement?.Certificate is { } certificate ? [certificate] : [],
        };
    }

    private CreationCertification CertifyCreation(string name, TpmObject key, byte[] nonce, KeyCreation creation)
    {
        try
        {
            CertifyResponse made = _loader.Device.Execute(
                new CertifyCreation
                {
                    SignHandle = _attestationKey!.Handle,
                    ObjectHandle = key.Handle,
                    QualifyingData = nonce,
                    CreationHash = TpmHash.Digest(key.PublicArea.NameAlg, creation.Data),
                    CreationTicket = creation.Ticket,
                },
                TpmAuthorization.Empty);
            return new CreationCertification(creation.Data, made.CertifyInfo, made.Signature);
        }
        catch (TpmException e) when (e.Code == TpmRc.Ticket || e.Code == TpmRc.ValueCode || e.Code == TpmRc.Hierarchy)
        {
            throw new CertificationException(CertificationFault.CreationRefused, $"The TPM does not accept the record by which it made the key '{name}': the record was altered, or the hierarchy's proof was changed since. The key still works; import it from a Migration Package to have a record without it.", e);
        }
    }

    private TpmAuthorization Authorization(TpmObject key) =>
        _passwords.Key.Length == 0 || key.HasEmptyAuth ? TpmAuthorization.Empty : _loader.Session.Authorize(_passwords.Key);

    private IReadOnlyList<TpmtPublic> Ancestors(KeyRecord record)
    {
        var ancestors = new List<TpmtPublic>();
        while (record.Parent.KeyName is { } parent)
        {
            StoredKey stored = KeyLoader.FindParent(_loader.Store, parent);
            ancestors.Add(stored.PublicArea());
            record = stored.Record;
        }
        ancestors.Add(_loader.StorageRoot.PublicArea);
        return ancestors;
    }

    /// <summary>Of a key that the store does not know: it is primary, or right below the storage root key, or that is not known.</summary>
    private IReadOnlyList<TpmtPublic>? AncestorsOf(TpmtPublic key, byte[] qualifiedName)
    {
        if (QualifiedNames.Fit(key, [], qualifiedName)) return [];
        TpmtPublic root = _loader.StorageRoot.PublicArea;
        return QualifiedNames.Fit(key, [root], qualifiedName) ? [root] : null;
    }
}
