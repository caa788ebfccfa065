using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// The key with which a platform signs documents: ECC P-256, bound to its TPM, made on first need under the storage root key. It is kept
/// in the key store together with what the attestation key said of it then, so that using it later costs no more than loading it.
/// </summary>
public static class PlatformSigningKey
{
    /// <summary>Its name in the store.</summary>
    public const string Name = "platform-signing";

    private const TpmaObject BoundSigner = TpmaObject.FixedTpm | TpmaObject.FixedParent | TpmaObject.SensitiveDataOrigin | TpmaObject.Sign;

    /// <summary>Who signs with it, as the store says; no TPM is asked.</summary>
    /// <returns>Null if the key was not made yet.</returns>
    /// <exception cref="KeyStoreException">The store cannot be read, or the key in it is damaged.</exception>
    public static PlatformIdentity? Find(KeyStore store) => store.Find(Name)?.Require() is { } key ? IdentityOf(key) : null;

    /// <summary>
    /// Makes the key if it is not there yet, which takes three slots of the TPM: before other objects are loaded that cannot be let go.
    /// </summary>
    /// <exception cref="KeyException">A key of that name is there and was not made by this TPM, or not for this purpose.</exception>
    public static PlatformIdentity Ensure(KeyLoader loader) => IdentityOf(Stored(loader));

    /// <summary>Signs a digest of SHA-256: the TPM loads the key, signs, and lets it go.</summary>
    /// <param name="loader">TPM and store.</param>
    /// <param name="digest">32 bytes.</param>
    public static TpmtSignature Sign(KeyLoader loader, byte[] digest)
    {
        StoredKey stored = Stored(loader);
        IdentityOf(stored);
        TpmObject key = loader.Load(stored);
        try
        {
            return loader.Device.Execute(new Sign { KeyHandle = key.Handle, Digest = digest }, TpmAuthorization.Empty);
        }
        finally
        {
            loader.Device.Flush(key.Handle);
        }
    }

    private static StoredKey Stored(KeyLoader loader)
    {
        StoredKey? stored = loader.Store.Find(Name)?.Require();
        if (stored == null) return Create(loader);
        // The loader would advise to restore the key from a package, in which this one can never be.
        if (!SecretBytes.FixedTimeEquals(stored.Record.Parent.TpmName, loader.StorageRoot.Handle.Name))
        {
            throw new KeyException(
                KeyFault.ForAnotherTpm,
                $"The key '{Name}' in the store '{loader.Store.FolderPath}' was made by another TPM, or the TPM was cleared since. Remove it with Remove-TpmKey {Name}; a new one is made when it is needed, and has to be registered anew where the old one was trusted.");
        }
        return stored;
    }

    private static PlatformIdentity IdentityOf(StoredKey key)
    {
        TpmtPublic publicArea = key.PublicArea();
        // Whoever knows a private key could have had it imported under this name. No TPM takes in a key that is bound to a TPM.
        if (!publicArea.Has(BoundSigner) || publicArea.Has(TpmaObject.Restricted) || key.Record.Origin.PackageId != null || key.Record.Certification == null)
        {
            throw new KeyException(
                KeyFault.NotAPlatformKey,
                $"The key '{Name}' in the store is not the one with which this module signs documents. Remove it with Remove-TpmKey {Name}; the right one is made when it is needed.");
        }
        return new PlatformIdentity(publicArea, key.Record.Certification);
    }

    private static StoredKey Create(KeyLoader loader)
    {
        TpmObject root = loader.StorageRoot;
        CreateResponse created = loader.Execute(
            new Create { ParentHandle = root.Handle, InSensitive = new TpmsSensitiveCreate([], []), InPublic = KeyTemplates.PlatformSigning },
            TpmAuthorization.Empty);
        TpmObject loaded = loader.Load(Name, root, created.OutPublic, created.OutPrivate, hasPassword: false);
        KeyCertification certification;
        try
        {
            certification = AttestationKey.Certify(loader, loaded);
        }
        finally
        {
            loader.Device.Flush(loaded.Handle);
        }
        var record = new KeyRecord
        {
            Name = Name,
            Created = StoredKeys.Now(),
            Origin = KeyOrigin.Created,
            Description = "Signs the documents of this platform",
            Parent = new KeyParent(null, root.Handle.Name),
            Certification = certification,
        };
        StoredKey stored = StoredKeys.Make(record, created.OutPublic, created.OutPrivate, hasPassword: false, StoredKeys.ParentHandleFor(loader, null, root));
        try
        {
            loader.Store.Commit([KeyChange.Add(stored.Record, stored.KeyFile)], loader.Device.Cancellation);
            return stored;
        }
        catch (KeyStoreException e) when (e.Fault == KeyStoreFault.KeyExists && loader.Store.Find(Name) is { IsDamaged: false } other)
        {
            return other.Require(); // Another program was faster; there is one key of this name.
        }
    }
}
