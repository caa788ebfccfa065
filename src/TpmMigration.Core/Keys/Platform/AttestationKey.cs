using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>The platform's attestation key: made on first need under the storage root key, and kept in the key store.</summary>
public static class AttestationKey
{
    /// <summary>Its name in the store.</summary>
    public const string Name = "platform-ak";

    /// <summary>Whether it is there already.</summary>
    public static bool Exists(KeyStore store) => store.Find(Name) != null;

    /// <summary>Loads it, making it if need be. The caller flushes it.</summary>
    public static TpmObject Load(KeyLoader loader)
    {
        StoredKey key = loader.Store.Find(Name)?.Require() ?? Create(loader);
        return loader.Load(key);
    }

    /// <summary>Has the attestation key certify a loaded key.</summary>
    public static KeyCertification Certify(KeyLoader loader, TpmObject certified)
    {
        TpmObject key = Load(loader);
        try
        {
            CertifyResponse response = loader.Device.Execute(
                new Certify { ObjectHandle = certified.Handle, SignHandle = key.Handle }, loader.ParentAuthorization(certified), TpmAuthorization.Empty);
            return new KeyCertification(key.PublicArea, response.CertifyInfo, response.Signature);
        }
        finally
        {
            loader.Device.Flush(key.Handle);
        }
    }

    private static StoredKey Create(KeyLoader loader)
    {
        TpmObject root = loader.StorageRoot;
        CreateResponse created = loader.Execute(
            new Create { ParentHandle = root.Handle, InSensitive = new TpmsSensitiveCreate([], []), InPublic = KeyTemplates.Attestation },
            TpmAuthorization.Empty);
        var record = new KeyRecord
        {
            Name = Name,
            Created = StoredKeys.Now(),
            Origin = KeyOrigin.Created,
            Description = "Attestation key of this platform",
            Parent = new KeyParent(null, root.Handle.Name),
        };
        StoredKey stored = StoredKeys.Make(record, created.OutPublic, created.OutPrivate, hasPassword: false, StoredKeys.ParentHandleFor(loader, null, root));
        loader.Store.Commit([KeyChange.Add(stored.Record, stored.KeyFile)]);
        return stored;
    }
}
