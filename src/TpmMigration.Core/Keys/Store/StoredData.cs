using System;
using System.IO;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>The data files of a store, and what becomes of them when keys change. Every call needs the lock.</summary>
internal sealed class StoredData
{
    private readonly StorePaths _paths;

    public StoredData(StorePaths paths) => _paths = paths;

    /// <exception cref="KeyDataException"><see cref="KeyDataFault.Damaged"/>.</exception>
    public KeyDataFile? Read(StoredKey key, Func<KeyDataInfo, bool> wanted)
    {
        // Most keys have none, and are not to be parsed for that.
        return Has(key) ? Read(key.Record.Name, key.PublicArea().Name, wanted) : null;
    }

    /// <summary>Whether there is something in the place of a key's data. Needs no lock.</summary>
    public bool Has(StoredKey key) => _paths.Data(key.Record.Name) is var path && (File.Exists(path) || Directory.Exists(path));

    /// <summary>The new content of the data file of a key, or null to delete it.</summary>
    /// <returns>Whether the file changes.</returns>
    public bool Change(KeyChange change, string name, out byte[]? content)
    {
        bool present = File.Exists(_paths.Data(name));
        content = null;
        if (change.Kind == KeyChangeKind.EditData) return Edit(change, name, present, out content);
        if (change.Data is { Items.Count: > 0 } data)
        {
            content = data.Write();
            return true;
        }
        return present && !(change is { Kind: KeyChangeKind.Replace, Data: null } && IsOf(name, change.Key!));
    }

    private bool Edit(KeyChange change, string name, bool present, out byte[]? content)
    {
        content = null;
        if (change.Edit is not { } edit) return present;
        byte[] tpmName = change.Key!.PublicArea().Name;
        // Between reading the key and now, the name may have gone to another one.
        if (StoredBytes.Read(_paths, name).Parse(_paths).Require() is var now && !SecretBytes.FixedTimeEquals(now.PublicArea().Name, tpmName))
            throw new KeyStoreException(KeyStoreFault.KeyNotFound, $"The key '{name}' was replaced by another one meanwhile. Look at it with Get-TpmKey, and repeat the command.") { KeyName = name };
        KeyDataFile? changed = edit(Read(name, tpmName, _ => true));
        if (changed is { Items.Count: > 0 }) content = changed.Write();
        return present || content != null;
    }

    /// <summary>Whether data is that of the key which takes the place of the one it was stored with.</summary>
    private bool IsOf(string name, StoredKey key)
    {
        try
        {
            return Read(name, key.PublicArea().Name, _ => false) != null;
        }
        catch (Exception e) when (e is KeyDataException or KeyStoreException)
        {
            return false;
        }
    }

    private KeyDataFile? Read(string name, byte[] tpmName, Func<KeyDataInfo, bool> wanted)
    {
        string path = _paths.Data(name);
        if (!File.Exists(path)) return Directory.Exists(path) ? throw Damaged(name, "a folder is in its place") : null;
        try
        {
            if (StorePaths.IsLink(path)) throw new FormatException("it is a link, which is not followed");
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            KeyDataFile file = KeyDataFile.Read(stream, wanted);
            return SecretBytes.FixedTimeEquals(file.KeyTpmName, tpmName) ? file : throw new FormatException("it is that of another key");
        }
        catch (FormatException e)
        {
            throw Damaged(name, e.Message, e);
        }
    }

    private KeyDataException Damaged(string name, string why, Exception? cause = null) => new(
        KeyDataFault.Damaged, $"The data file '{_paths.Data(name)}' cannot be used: {why.TrimEnd('.')}. Restore it from a backup, or give its data up with Remove-TpmKeyData -Name '{name}' -DataName *.", cause);
}
