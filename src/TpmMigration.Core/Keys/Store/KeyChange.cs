using System;

namespace TpmMigration.Keys;

/// <summary>What is to happen to a key in a commit.</summary>
public enum KeyChangeKind
{
    Add,
    Replace,
    Delete,

    /// <summary>The data of a key changes, and the key stays.</summary>
    EditData,
}

/// <summary>One change of a commit.</summary>
public sealed class KeyChange
{
    private KeyChange(KeyChangeKind kind, string name, StoredKey? key) => (Kind, Name, Key) = (kind, name, key);

    private KeyChange(StoredKey key, Func<KeyDataFile?, KeyDataFile?>? edit) : this(KeyChangeKind.EditData, key.Record.Name, key) => Edit = edit;

    public KeyChangeKind Kind { get; }

    public string Name { get; }

    internal StoredKey? Key { get; }

    /// <summary>The data that comes with the key. Without it, a key that is replaced by itself keeps what it has, and any other has none.</summary>
    internal KeyDataFile? Data { get; private init; }

    /// <summary>What becomes of the data that is there, called while the store is locked; null if it goes, damaged or not.</summary>
    internal Func<KeyDataFile?, KeyDataFile?>? Edit { get; }

    /// <summary>Adds a key whose name must be free.</summary>
    public static KeyChange Add(KeyRecord record, TpmKeyFile keyFile) => Put(KeyChangeKind.Add, record, keyFile);

    /// <summary>Puts other content in place of a key that must be there, damaged or not.</summary>
    public static KeyChange Replace(KeyRecord record, TpmKeyFile keyFile) => Put(KeyChangeKind.Replace, record, keyFile);

    /// <summary>Deletes a key that must be there, damaged or not.</summary>
    public static KeyChange Delete(string name) =>
        new(KeyChangeKind.Delete, name ?? throw new ArgumentNullException(nameof(name)), null);

    /// <summary>Changes the data of a key; none, or no items, is no file.</summary>
    internal static KeyChange EditData(StoredKey key, Func<KeyDataFile?, KeyDataFile?> edit) => new(key, edit);

    /// <summary>Deletes the data of a key, damaged or not.</summary>
    internal static KeyChange DeleteData(StoredKey key) => new(key, null);

    /// <summary>The same change of a key that brings data with it.</summary>
    internal KeyChange With(KeyDataFile? data) => new(Kind, Name, Key) { Data = data };

    private static KeyChange Put(KeyChangeKind kind, KeyRecord record, TpmKeyFile keyFile)
    {
        if (record is null) throw new ArgumentNullException(nameof(record));
        if (keyFile is null) throw new ArgumentNullException(nameof(keyFile));
        return new KeyChange(kind, record.Name, new StoredKey(record, keyFile));
    }
}
