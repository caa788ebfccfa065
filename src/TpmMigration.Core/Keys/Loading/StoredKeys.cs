using System;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Puts what a TPM made into the form of the store.</summary>
public static class StoredKeys
{
    // What other programs cannot load is said to be under the null hierarchy, rather than under a parent that it does not have.
    private const uint NoParentForOthers = 0x40000007;

    public static StoredKey Make(KeyRecord record, TpmtPublic publicArea, byte[] privateArea, bool hasPassword, uint parentHandle) => new(record, new TpmKeyFile
    {
        EmptyAuth = hasPassword ? null : true,
        Parent = parentHandle,
        Public = publicArea.MarshalSized(),
        Private = TpmWriter.Write(w => w.WriteTpm2b(privateArea)),
        DuplicationPolicy = record.PolicyBranches.Count == 0 ? null : record.PolicyBranches,
    });

    /// <summary>The parent that a key file names: a persistent handle, or the owner hierarchy for the storage root key.</summary>
    public static uint ParentHandleFor(KeyLoader loader, string? parentKey, TpmObject parent) => parentKey == null
        ? parent.Handle.IsPersistent ? parent.Handle.Value : TpmKeyFile.OwnerHierarchy
        : PersistentKeys.Find(loader.Device, parent.Handle.Name)?.Value ?? NoParentForOthers;

    /// <summary>The time of records: UTC, whole seconds.</summary>
    public static DateTime Now()
    {
        DateTime now = DateTime.UtcNow;
        return new DateTime(now.Ticks - now.Ticks % TimeSpan.TicksPerSecond, DateTimeKind.Utc);
    }
}
