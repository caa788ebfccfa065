using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Removes keys from the store, with their persistent copies, and from persistent handles.</summary>
public static class KeyRemover
{
    /// <summary>Whether a name is that of a persistent handle, such as 0x81000100.</summary>
    public static bool IsHandle(string name, out uint handle)
    {
        handle = 0;
        return name.Length == 10 && name.StartsWith("0x81", StringComparison.OrdinalIgnoreCase)
            && uint.TryParse(name.Substring(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out handle);
    }

    /// <summary>Finds what is to be removed, without changing anything.</summary>
    /// <param name="store">The store.</param>
    /// <param name="name">A key of the store.</param>
    /// <param name="withChildren">Whether keys below it may go too; otherwise they are an error.</param>
    /// <returns>The names of all keys that go, children first.</returns>
    /// <exception cref="KeyException">There is no such key, or it has children.</exception>
    public static IReadOnlyList<string> Plan(KeyStore store, string name, bool withChildren)
    {
        KeyStoreEntry entry = store.Find(name)
            ?? throw new KeyException(KeyFault.NotFound, $"There is no key named '{name}' in the store. Get-TpmKey lists them.");
        if (entry.IsDamaged) return [entry.Name];
        ILookup<string, string> children = store.Enumerate()
            .Where(e => !e.IsDamaged && e.Key!.Record.Parent.KeyName != null)
            .ToLookup(e => e.Key!.Record.Parent.KeyName!, e => e.Name, KeyName.Comparer);
        List<string> all = [];
        Collect(entry.Name);
        if (all.Count > 1 && !withChildren)
            throw new KeyException(KeyFault.HasChildren, $"The key '{name}' is the parent of {string.Join(", ", all.Take(all.Count - 1).Take(5).Select(n => $"'{n}'"))}, which would be lost with it. Remove them first, or all together with -Force.");
        return all;

        void Collect(string parent)
        {
            foreach (string child in children[parent]) Collect(child);
            all.Add(parent);
        }
    }

    /// <summary>Removes keys of the store in one step, and evicts their persistent copies.</summary>
    /// <exception cref="KeyAuthorizationException">A copy is persistent, and the owner's password is wrong or missing; nothing was removed from the store.</exception>
    public static void Remove(KeyLoader loader, IReadOnlyList<string> names, KeyPasswords passwords)
    {
        EvictCopies(loader, names, passwords);
        loader.Store.Commit(names.Select(KeyChange.Delete).ToList());
    }

    /// <summary>Removes keys that moved away, and notes where they went, in one step; evicts their persistent copies.</summary>
    /// <inheritdoc cref="Remove"/>
    public static void RemoveMigrated(KeyLoader loader, IReadOnlyList<MigratedKey> keys, KeyPasswords passwords)
    {
        EvictCopies(loader, keys.Select(key => key.Name), passwords);
        loader.Store.CommitMigrated(keys);
    }

    private static void EvictCopies(KeyLoader loader, IEnumerable<string> names, KeyPasswords passwords)
    {
        IReadOnlyList<TpmObject>? persistent = null;
        foreach (string name in names)
        {
            if (loader.Store.Find(name) is not { IsDamaged: false, Key: { } key }) continue;
            byte[] tpmName = key.PublicArea().Name;
            persistent ??= PersistentKeys.All(loader.Device).ToList();
            if (persistent.FirstOrDefault(p => SecretBytes.FixedTimeEquals(p.Handle.Name, tpmName)) is { } copy)
                PersistentKeys.Evict(loader.Device, loader.Session, copy.Handle, passwords.Owner);
        }
    }

    /// <summary>Evicts the key at a persistent handle.</summary>
    /// <exception cref="KeyException">There is none.</exception>
    public static void Evict(KeyLoader loader, uint handle, KeyPasswords passwords)
    {
        TpmObject key = PersistentKeys.Read(loader.Device, handle)
            ?? throw new KeyException(KeyFault.NotFound, $"There is no key at the persistent handle 0x{handle:X8}. Get-TpmKey lists them.");
        PersistentKeys.Evict(loader.Device, loader.Session, key.Handle, passwords.Owner);
    }
}
