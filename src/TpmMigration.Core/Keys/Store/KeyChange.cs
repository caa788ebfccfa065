using System;

namespace TpmMigration.Keys;

/// <summary>What is to happen to a key in a commit.</summary>
public enum KeyChangeKind
{
    Add,
    Replace,
    Delete,
}

/// <summary>One change of a commit.</summary>
public sealed class KeyChange
{
    private KeyChange(KeyChangeKind kind, string name, StoredKey? key) => (Kind, Name, Key) = (kind, name, key);

    public KeyChangeKind Kind { get; }

    public string Name { get; }

    internal StoredKey? Key { get; }

    /// <summary>Adds a key whose name must be free.</summary>
    public static KeyChange Add(KeyRecord record, TpmKeyFile keyFile) => Put(KeyChangeKind.Add, record, keyFile);

    /// <summary>Puts other content in place of a key that must be there, damaged or not.</summary>
    public static KeyChange Replace(KeyRecord record, TpmKeyFile keyFile) => Put(KeyChangeKind.Replace, record, keyFile);

    /// <summary>Deletes a key that must be there, damaged or not.</summary>
    public static KeyChange Delete(string name) =>
        new(KeyChangeKind.Delete, name ?? throw new ArgumentNullException(nameof(name)), null);

    private static KeyChange Put(KeyChangeKind kind, KeyRecord record, TpmKeyFile keyFile)
    {
        if (record is null) throw new ArgumentNullException(nameof(record));
        if (keyFile is null) throw new ArgumentNullException(nameof(keyFile));
        return new KeyChange(kind, record.Name, new StoredKey(record, keyFile));
    }
}
