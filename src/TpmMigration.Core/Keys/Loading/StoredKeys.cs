using System;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Puts what a TPM made into the form of the store.</summary>
public static class StoredKeys
{
    /// <summary>The null hierarchy: what other programs cannot load is not said to be under a parent that it does not have.</summary>
    public const uint NoParentForOthers = 0x40000007;

    public static StoredKey Make(KeyRecord record, TpmtPublic publicArea, byte[] privateArea, bool hasPassword, uint parentHandle) => new(record, new TpmKeyFile
    {
        EmptyAuth = !hasPassword, // Said either way: tpm2-openssl takes silence to mean that there is no password.
        Parent = parentHandle,
        Public = publicArea.MarshalSized(),
        Private = TpmWriter.Write(w => w.WriteTpm2b(privateArea)),
        DuplicationPolicy = record.PolicyBranches.Count == 0 ? null : record.PolicyBranches,
    });

    /// <exception cref="KeyStoreException">The key file holds no public area that could be read.</exception>
    public static TpmtPublic PublicArea(this StoredKey key)
    {
        try
        {
            return TpmtPublic.UnmarshalSized(key.KeyFile.Public);
        }
        catch (Exception e) when (e is TpmWireException or UnsupportedAlgorithmException)
        {
            throw new KeyStoreException(KeyStoreFault.KeyDamaged, $"The public part of the key '{key.Record.Name}' cannot be read. {e.Message} Remove the key and import it again.", e) { KeyName = key.Record.Name };
        }
    }

    /// <summary>The content of TPM2B_PRIVATE.</summary>
    public static byte[] PrivateArea(this StoredKey key) => TpmReader.ReadWhole(key.KeyFile.Private, "The private part", r => r.ReadTpm2b());

    /// <summary>Whether using the key takes a password, as far as is known.</summary>
    public static bool HasPassword(this StoredKey key) => key.KeyFile.EmptyAuth != true;

    /// <summary>The parent that a key file names: a persistent handle, or the owner hierarchy for the storage root key.</summary>
    public static uint ParentHandleFor(KeyLoader loader, string? parentKey, TpmObject parent) => parentKey == null
        ? parent.Handle.IsPersistent ? parent.Handle.Value : TpmKeyFile.OwnerHierarchy
        : PersistentKeys.Find(loader.Device, parent.Handle.Name)?.Value ?? NoParentForOthers;

    /// <summary>The time of records: UTC, whole seconds.</summary>
    public static DateTime Now() => WholeSeconds(DateTime.UtcNow);

    /// <summary>A time as records and documents have it: UTC, without what is less than a second.</summary>
    public static DateTime WholeSeconds(DateTime time)
    {
        DateTime utc = time.ToUniversalTime();
        return utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerSecond));
    }
}
