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
    public static TpmObject Load(KeyLoader loader) => loader.Load(Stored(loader));

    /// <summary>Makes it if it is not there yet, without loading it.</summary>
    internal static void Ensure(KeyLoader loader) => Stored(loader);

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

    /// <summary>Has the attestation key certify one of several keys, in a statement that carries data of the caller's. It stays loaded for the next.</summary>
    /// <param name="loader">TPM and store.</param>
    /// <param name="certified">A loaded key.</param>
    /// <param name="authorization">The ADMIN role of that key.</param>
    /// <param name="qualifyingData">At most 32 bytes.</param>
    internal static KeyCertification Certify(KeyLoader loader, TpmObject certified, TpmAuthorization authorization, byte[] qualifyingData)
    {
        TpmObject key = loader.LoadKept(Name, () => Stored(loader));
        CertifyResponse response = loader.Device.Execute(
            new Certify { ObjectHandle = certified.Handle, SignHandle = key.Handle, QualifyingData = qualifyingData }, authorization, TpmAuthorization.Empty);
        return new KeyCertification(key.PublicArea, response.CertifyInfo, response.Signature);
    }

    /// <summary>Has the attestation key state that the TPM made one of several keys, which takes no authorization of that key. It stays loaded for the next.</summary>
    /// <param name="loader">TPM and store.</param>
    /// <param name="created">A loaded key.</param>
    /// <param name="creation">The record by which the TPM made it.</param>
    /// <param name="qualifyingData">At most 32 bytes.</param>
    internal static CertifyResponse CertifyCreation(KeyLoader loader, TpmObject created, KeyCreation creation, byte[] qualifyingData) => loader.Device.Execute(
        new CertifyCreation
        {
            SignHandle = loader.LoadKept(Name, () => Stored(loader)).Handle,
            ObjectHandle = created.Handle,
            QualifyingData = qualifyingData,
            CreationHash = TpmHash.Digest(created.PublicArea.NameAlg, creation.Data),
            CreationTicket = creation.Ticket,
        },
        TpmAuthorization.Empty);

    private static StoredKey Stored(KeyLoader loader) => loader.Store.Find(Name)?.Require() ?? Create(loader);

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
