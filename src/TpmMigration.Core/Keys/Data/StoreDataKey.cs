using System;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// The key under which a store encrypts the data of its keys: 32 random bytes, sealed by the TPM under the storage root key so that no
/// other TPM can open them, and kept as a TSS2 key file beside the keys. A store that serves several TPMs has one for each.
/// </summary>
internal sealed class StoreDataKey : IDisposable
{
    private StoreDataKey(byte[] tpmName, byte[] secret) => (TpmName, Secret) = (tpmName, secret);

    /// <summary>The TPM name of the sealed object.</summary>
    public byte[] TpmName { get; }

    public byte[] Secret { get; }

    public void Dispose() => SecretBytes.Clear(Secret);

    /// <summary>The store's data key for this TPM, made if there is none.</summary>
    /// <exception cref="KeyDataException">The TPM does not open the one there is.</exception>
    public static StoreDataKey Obtain(KeyLoader loader)
    {
        if (Find(loader) is { } present) return present;
        byte[] secret = SecretBytes.Random(KeyDataCipher.KeySize);
        (TpmKeyFile file, byte[] tpmName) = Seal(loader, secret);
        byte[] written = file.ToPem();
        byte[] kept = loader.Store.KeepDataKey(loader.StorageRoot.Handle.Name, written, loader.Device.Cancellation);
        if (SecretBytes.FixedTimeEquals(kept, written)) return new StoreDataKey(tpmName, secret);
        // Another program was quicker.
        SecretBytes.Clear(secret);
        return Open(loader, kept);
    }

    /// <summary>The store's data key for this TPM, or null if there is none.</summary>
    /// <exception cref="KeyDataException">The TPM does not open it.</exception>
    public static StoreDataKey? Find(KeyLoader loader) =>
        loader.Store.FindDataKey(loader.StorageRoot.Handle.Name) is { } file ? Open(loader, file) : null;

    /// <summary>The TPM name of the store's data key for this TPM, told without having it opened; null if there is none.</summary>
    /// <exception cref="KeyDataException">It cannot be one.</exception>
    public static byte[]? FindName(KeyLoader loader)
    {
        if (loader.Store.FindDataKey(loader.StorageRoot.Handle.Name) is not { } file) return null;
        try
        {
            return TpmtPublic.UnmarshalSized(TpmKeyFile.FromPem(file).Public).Name;
        }
        catch (Exception e) when (e is KeyFileException or TpmWireException)
        {
            throw NotReadable(loader, e);
        }
    }

    private static (TpmKeyFile File, byte[] TpmName) Seal(KeyLoader loader, byte[] secret)
    {
        TpmAuthorization hidden = loader.Session.Authorize([], TpmaSession.Decrypt);
        TpmObject root = loader.StorageRoot;
        CreateResponse created = loader.Execute(
            new Create { ParentHandle = root.Handle, InSensitive = new TpmsSensitiveCreate([], secret), InPublic = KeyTemplates.SealedChildOf(root.PublicArea) }, hidden);
        var file = new TpmKeyFile
        {
            Kind = TpmKeyFileKind.Sealed,
            EmptyAuth = true,
            Parent = StoredKeys.ParentHandleFor(loader, null, root),
            Public = created.OutPublic.MarshalSized(),
            Private = TpmWriter.Write(w => w.WriteTpm2b(created.OutPrivate)),
        };
        return (file, created.OutPublic.Name);
    }

    private static StoreDataKey Open(KeyLoader loader, byte[] pem)
    {
        try
        {
            TpmKeyFile file = TpmKeyFile.FromPem(pem);
            TpmtPublic publicArea = TpmtPublic.UnmarshalSized(file.Public);
            byte[] privateArea = TpmReader.ReadWhole(file.Private, "The private part", r => r.ReadTpm2b());
            byte[] secret = Unseal(loader, loader.StorageRoot, publicArea, privateArea);
            return secret.Length == KeyDataCipher.KeySize
                ? new StoreDataKey(publicArea.Name, secret)
                : throw NotReadable(loader, null);
        }
        catch (Exception e) when (e is KeyFileException or KeyException or TpmWireException)
        {
            throw NotReadable(loader, e);
        }
    }

    /// <summary>Loads sealed data without a password and has it sent back encrypted.</summary>
    internal static byte[] Unseal(KeyLoader loader, TpmObject parent, TpmtPublic publicArea, byte[] privateArea)
    {
        TpmObject loaded = loader.Load("data key", parent, publicArea, privateArea, hasPassword: false);
        try
        {
            return loader.Device.Execute(new Unseal { ItemHandle = loaded.Handle }, loader.Session.Authorize([], TpmaSession.Encrypt));
        }
        finally
        {
            loader.Device.Flush(loaded.Handle);
        }
    }

    private static KeyDataException NotReadable(KeyLoader loader, Exception? cause) => new(
        KeyDataFault.NotReadable,
        $"The TPM does not open the data key of the store, '{loader.Store.DataKeyPath(loader.StorageRoot.Handle.Name)}': it was altered. Restore it from a backup. Without it the data of the keys is lost; then delete it, and remove the data with Remove-TpmKeyData.", cause);
}
