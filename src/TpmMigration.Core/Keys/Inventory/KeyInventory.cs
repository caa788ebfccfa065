using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Lists keys and says of each what may become of it.</summary>
public static class KeyInventory
{
    /// <summary>The keys of a store. A damaged one is an entry with its problem, and the others are listed all the same.</summary>
    public static IEnumerable<(InventoryItem? Item, KeyStoreException? Problem)> OfStore(KeyStore store, CancellationToken cancellation)
    {
        IReadOnlyDictionary<string, KeyExport> exports = store.LastExports();
        foreach (KeyStoreEntry entry in store.Enumerate(cancellation))
        {
            yield return entry.IsDamaged ? (null, entry.Problem) : TryOf(store, entry.Key, exports);
        }
    }

    /// <summary>One key of a store.</summary>
    public static InventoryItem Of(KeyStore store, StoredKey key) => Of(store, key, store.LastExports());

    private static InventoryItem Of(KeyStore store, StoredKey key, IReadOnlyDictionary<string, KeyExport> exports)
    {
        TpmtPublic publicArea = key.PublicArea();
        return new InventoryItem
        {
            Name = key.Record.Name,
            Location = KeyLocation.Store,
            PublicArea = publicArea,
            Classification = KeyClassification.Of(publicArea, key.Record.PolicyBranches),
            Stored = key,
            LastExport = KeyStore.LastExportOf(exports, publicArea.Name),
            Path = Path.Combine(store.FolderPath, key.Record.Name + ".pem"),
        };
    }

    /// <summary>What the key with a TPM name is called in a store; null if it is not there. Damaged keys are passed over.</summary>
    public static string? NameOf(KeyStore store, byte[] tpmName, CancellationToken cancellation) => OfStore(store, cancellation)
        .FirstOrDefault(key => key.Item != null && SecretBytes.FixedTimeEquals(key.Item.PublicArea.Name, tpmName)).Item?.Name;

    /// <summary>Brings stored keys and persistent ones together: a stored key that is persistent too is one key with a handle.</summary>
    /// <param name="stored">The keys of the store.</param>
    /// <param name="persistent">The keys at persistent handles.</param>
    public static IEnumerable<InventoryItem> Join(IEnumerable<InventoryItem> stored, IEnumerable<TpmObject> persistent)
    {
        ILookup<string, TpmObject> copies = persistent.ToLookup(key => ToText(key.Handle.Name));
        HashSet<string> shown = [];
        foreach (InventoryItem item in stored)
        {
            string name = ToText(item.PublicArea.Name);
            shown.Add(name);
            yield return copies[name].FirstOrDefault() is { } copy ? item with { Handle = copy.Handle.Value } : item;
        }
        foreach (TpmObject key in copies.Where(copy => !shown.Contains(copy.Key)).SelectMany(copy => copy))
        {
            yield return new InventoryItem
            {
                Name = key.Handle.ToString(),
                Location = KeyLocation.Tpm,
                PublicArea = key.PublicArea,
                Classification = KeyClassification.Of(key.PublicArea, []),
                Handle = key.Handle.Value,
            };
        }
    }

    /// <summary>A key file outside the store.</summary>
    /// <exception cref="KeyFileException">It is no key file, or a damaged one.</exception>
    public static InventoryItem OfFile(string path)
    {
        TpmKeyFile file = TpmKeyFile.Load(path);
        TpmtPublic publicArea = ReadPublic(file, path);
        return new InventoryItem
        {
            Name = Path.GetFileNameWithoutExtension(path),
            Location = KeyLocation.File,
            PublicArea = publicArea,
            Classification = KeyClassification.Of(publicArea, file.DuplicationPolicy ?? []),
            Path = path,
        };
    }

    private static (InventoryItem? Item, KeyStoreException? Problem) TryOf(KeyStore store, StoredKey key, IReadOnlyDictionary<string, KeyExport> exports)
    {
        try
        {
            return (Of(store, key, exports), null);
        }
        catch (KeyStoreException e)
        {
            return (null, e);
        }
    }

    private static TpmtPublic ReadPublic(TpmKeyFile file, string path)
    {
        try
        {
            return TpmtPublic.UnmarshalSized(file.Public);
        }
        catch (Exception e) when (e is TpmWireException or UnsupportedAlgorithmException)
        {
            throw new KeyFileException(KeyFileFault.BadValue, $"{path}: The public part cannot be read. {e.Message} Get the key file anew from where it was made.", e);
        }
    }

    private static string ToText(byte[] name) => Convert.ToBase64String(name);
}
