using System.Collections.Generic;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// Follows the parents of stored keys up to the storage root key and says what would keep the TPM from loading them. Of the TPM it reads
/// persistent keys and, where the storage root key is not among them, has it made and flushed; nothing else is loaded.
/// </summary>
public static class KeyAncestry
{
    /// <param name="loader">TPM and store.</param>
    /// <param name="key">A key of the store.</param>
    /// <param name="passwords">Whether the parents' password is at hand.</param>
    /// <exception cref="KeyException">The key is of another TPM, or a parent is missing, no storage key, or not the one the key was made under.</exception>
    /// <exception cref="KeyStoreException">A parent in the store is damaged.</exception>
    /// <exception cref="KeyAuthorizationException">A parent has a password, and none is at hand.</exception>
    public static void RequireLoadable(KeyLoader loader, StoredKey key, KeyPasswords passwords)
    {
        var seen = new HashSet<string>(KeyName.Comparer);
        for (StoredKey? current = key; current != null && seen.Add(current.Record.Name);)
            current = RequireParent(loader, current, passwords);
    }

    /// <summary>The new parent of an import, or the parent of a key to be made.</summary>
    /// <inheritdoc cref="RequireLoadable"/>
    public static void RequireParent(KeyLoader loader, string parent, KeyPasswords passwords)
    {
        StoredKey stored = KeyLoader.FindParent(loader.Store, parent);
        RequirePassword(stored, passwords);
        RequireLoadable(loader, stored, passwords);
    }

    /// <returns>The parent in the store; null where the TPM has the parent already.</returns>
    private static StoredKey? RequireParent(KeyLoader loader, StoredKey key, KeyPasswords passwords)
    {
        KeyParent parent = key.Record.Parent;
        if (parent.KeyName == null)
        {
            loader.RequireOwnRoot(key);
            return null;
        }
        if (loader.PersistentParent(key) is { } persistent)
        {
            if (!persistent.HasEmptyAuth && loader.Store.Find(parent.KeyName) is { IsDamaged: false, Key: { } known }) RequirePassword(known, passwords);
            return null;
        }
        StoredKey stored = KeyLoader.FindParent(loader.Store, parent.KeyName);
        if (!SecretBytes.FixedTimeEquals(stored.PublicArea().Name, parent.TpmName))
            throw new KeyException(KeyFault.NotLoadable, $"The TPM cannot load the key '{key.Record.Name}': it was made under another parent than the key that is now named '{parent.KeyName}'. Restore that parent first.");
        RequirePassword(stored, passwords);
        return stored;
    }

    private static void RequirePassword(StoredKey parent, KeyPasswords passwords)
    {
        if (parent.HasPassword() && passwords.Parent.Length == 0) throw KeyAuthorizationException.MissingForParent(parent.Record.Name);
    }
}
