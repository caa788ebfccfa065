using System.Diagnostics.CodeAnalysis;

namespace TpmMigration.Keys;

/// <summary>A key of the store: its record and its key file.</summary>
public sealed record StoredKey(KeyRecord Record, TpmKeyFile KeyFile);

/// <summary>What the store holds under a name: a key, or the reason why it is damaged.</summary>
public sealed class KeyStoreEntry
{
    internal KeyStoreEntry(string name, StoredKey key) => (Name, Key) = (name, key);

    internal KeyStoreEntry(string name, KeyStoreException problem) => (Name, Problem) = (name, problem);

    /// <summary>The name; of a damaged entry, that of its files.</summary>
    public string Name { get; }

    /// <summary>The key, or null if it is damaged.</summary>
    public StoredKey? Key { get; }

    /// <summary>Why the key cannot be used, or null if it is good.</summary>
    public KeyStoreException? Problem { get; }

    [MemberNotNullWhen(true, nameof(Problem))]
    [MemberNotNullWhen(false, nameof(Key))]
    public bool IsDamaged => Problem != null;

    /// <summary>The key.</summary>
    /// <exception cref="KeyStoreException">The <see cref="Problem"/> of a damaged entry.</exception>
    public StoredKey Require() => IsDamaged ? throw Problem : Key;
}
