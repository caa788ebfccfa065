using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace TpmMigration.Keys;

/// <summary>
/// A folder of TPM keys: per key a TSS2 key file <c>name.pem</c>, its record <c>name.xml</c> and, if it has data, <c>name.data</c>. Any number of changes are made as one step,
/// which a crash leaves either undone or done. Programs may use the same store at once; what they read is never half of a change.
/// </summary>
/// <remarks>
/// The private halves are encrypted by the TPM; still the folder is for its owner only. An object of this class holds nothing open and can
/// be used from several threads.
/// </remarks>
public sealed partial class KeyStore
{
    private readonly StorePaths _paths;
    private readonly KeyStoreOptions _options;
    private readonly StoreCommit _commit;
    private readonly StoredData _data;

    private KeyStore(string root, KeyStoreOptions options)
    {
        (_paths, _options) = (new StorePaths(root), options);
        _commit = new StoreCommit(_paths, options.Files);
        _data = new StoredData(_paths);
    }

    /// <summary>TPMMIGRATION_STORE, else %ProgramData%\TpmMigration\keys or /var/lib/tpm-migration.</summary>
    public static string DefaultPath
    {
        get
        {
            if (Environment.GetEnvironmentVariable("TPMMIGRATION_STORE") is { Length: > 0 } chosen) return chosen;
            return UnixCalls.Available
                ? "/var/lib/tpm-migration"
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "TpmMigration", "keys");
        }
    }

    /// <summary>The full path of the folder.</summary>
    public string FolderPath => _paths.Root;

    /// <summary>
    /// Opens a store and completes or undoes what a crash left unfinished in it. A folder that does not exist is an empty store; the first
    /// commit creates it. A folder open to others is closed to them.
    /// </summary>
    /// <exception cref="KeyStoreException">The folder is someone else's, cannot be read, is in use, or is damaged as a whole.</exception>
    public static KeyStore Open(string? path = null, KeyStoreOptions? options = null)
    {
        var store = new KeyStore(Path.GetFullPath(path ?? DefaultPath), options ?? new KeyStoreOptions());
        store.Guard(() =>
        {
            if (File.Exists(store._paths.Root)) throw new KeyStoreException(KeyStoreFault.AccessDenied, $"'{store._paths.Root}' is a file. Give a folder for the key store.");
            if (!store.Exists) return;
            StoreFolder.Protect(store._paths.Root);
            using (store.LockForReading(CancellationToken.None)) { }
        });
        return store;
    }

    /// <summary>
    /// All keys as they are at the first step of the enumeration, by name. The files are read at once, which keeps the picture consistent,
    /// and parsed by other threads meanwhile. A damaged key is an entry with a problem.
    /// </summary>
    /// <exception cref="KeyStoreException">The store cannot be read.</exception>
    public IEnumerable<KeyStoreEntry> Enumerate(CancellationToken cancellation = default)
    {
        var all = new List<Task<KeyStoreEntry>>();
        Guard(() =>
        {
            if (!Exists) return;
            using (LockForReading(cancellation))
            {
                foreach (string name in Names())
                {
                    cancellation.ThrowIfCancellationRequested();
                    StoredBytes bytes = StoredBytes.Read(_paths, name);
                    all.Add(Task.Run(() => bytes.Parse(_paths), cancellation));
                }
            }
        });
        string? previous = null;
        for (int i = 0; i < all.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            KeyStoreEntry entry = all[i].GetAwaiter().GetResult();
            if (previous != null && KeyName.Comparer.Equals(previous, entry.Name)) entry = StoredBytes.Twin(entry.Name, previous);
            (previous, all[i]) = (entry.Name, null!); // Given away: nothing holds it here.
            yield return entry;
        }
    }

    /// <summary>The key of a name, in upper or lower case; null if there is none.</summary>
    /// <exception cref="KeyStoreException">The store cannot be read, or the name cannot be one of a key.</exception>
    public KeyStoreEntry? Find(string name)
    {
        KeyName.Check(name);
        StoredBytes? found = null;
        Guard(() =>
        {
            if (!Exists) return;
            using (LockForReading(CancellationToken.None))
            {
                string? stored = File.Exists(_paths.Key(name)) && File.Exists(_paths.Record(name)) && UnixCalls.Available
                    ? name
                    : Names().FirstOrDefault(n => KeyName.Comparer.Equals(n, name));
                if (stored != null) found = StoredBytes.Read(_paths, stored);
            }
        });
        return found?.Parse(_paths);
    }

    /// <summary>Makes all the changes, or none.</summary>
    /// <param name="changes">At most one per name.</param>
    /// <param name="cancellation">Heeded until the change is decided; then it is gone through with.</param>
    /// <exception cref="KeyStoreException">
    /// Nothing was changed, except with <see cref="KeyStoreFault.CommitUnfinished"/>: then everything will be, when the store is next used.
    /// </exception>
    /// <exception cref="KeyFileException">A key file's properties do not make a valid one; nothing was changed.</exception>
    public void Commit(IReadOnlyCollection<KeyChange> changes, CancellationToken cancellation = default) => Commit(changes, [], cancellation);

    /// <summary>Deletes keys that moved away, and notes where they went, in one step.</summary>
    /// <param name="keys">At most one per name.</param>
    /// <param name="cancellation">Heeded until the change is decided.</param>
    /// <exception cref="KeyStoreException">As for a commit.</exception>
    public void CommitMigrated(IReadOnlyList<MigratedKey> keys, CancellationToken cancellation = default) =>
        Commit((keys ?? throw new ArgumentNullException(nameof(keys))).Select(key => KeyChange.Delete(key.Name)).ToList(), keys, cancellation);

    private void Commit(IReadOnlyCollection<KeyChange> changes, IReadOnlyList<MigratedKey> migrated, CancellationToken cancellation)
    {
        if (changes is null) throw new ArgumentNullException(nameof(changes));
        CheckNames(changes);
        if (changes.Count == 0) return;
        Guard(() =>
        {
            if (!Exists)
            {
                if (changes.FirstOrDefault(c => c.Kind != KeyChangeKind.Add) is { } change) throw NotFound(change.Name);
                CreateFolder(_paths.Root);
            }
            StoreFolder.Protect(_paths.Root);
            using (StoreLock.Acquire(_paths, exclusive: true, _options.LockTimeout, cancellation))
            {
                _commit.Recover();
                IReadOnlyList<StoreFileChange> decided = Decide(changes, migrated, cancellation);
                try { _commit.Apply(decided); }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new KeyStoreException(KeyStoreFault.CommitUnfinished,
                        $"The change of {changes.Count} keys in '{_paths.Root}' is decided, but its last steps failed: {e.Message} Put that right and use the store again, which completes the change; do not repeat it.", e);
                }
            }
        });
    }

    /// <summary>The data of a key, or null if it has none.</summary>
    /// <param name="key">A key of this store.</param>
    /// <param name="wanted">Whose content is read too.</param>
    /// <exception cref="KeyDataException"><see cref="KeyDataFault.Damaged"/>.</exception>
    internal KeyDataFile? ReadData(StoredKey key, Func<KeyDataInfo, bool> wanted)
    {
        KeyDataFile? data = null;
        Guard(() =>
        {
            // Most keys have none, which is seen without the lock.
            if (!Exists || !(_data.Has(key) || _paths.HasUnfinishedCommit)) return;
            using (LockForReading(CancellationToken.None)) data = _data.Read(key, wanted);
        });
        return data;
    }

    /// <summary>Where the sealed data key for a TPM is.</summary>
    internal string DataKeyPath(byte[] rootName) => _paths.DataKey(rootName);

    /// <summary>The sealed data key for a TPM, told by the name of its storage root key; null if there is none.</summary>
    internal byte[]? FindDataKey(byte[] rootName)
    {
        byte[]? found = null;
        Guard(() =>
        {
            string path = _paths.DataKey(rootName);
            if (File.Exists(path) && !StorePaths.IsLink(path)) found = File.ReadAllBytes(path);
        });
        return found;
    }

    /// <summary>Keeps a sealed data key, unless there is one already.</summary>
    /// <returns>The one that is there now.</returns>
    internal byte[] KeepDataKey(byte[] rootName, byte[] content, CancellationToken cancellation)
    {
        byte[] kept = content;
        Guard(() =>
        {
            if (!Exists) CreateFolder(_paths.Root);
            StoreFolder.Protect(_paths.Root);
            using (StoreLock.Acquire(_paths, exclusive: true, _options.LockTimeout, cancellation))
            {
                if (FindDataKey(rootName) is { } present)
                {
                    kept = present;
                    return;
                }
                _options.Files.Delete(_paths.NewDataKey);
                _options.Files.WriteNew(_paths.NewDataKey, content);
                _options.Files.Rename(_paths.NewDataKey, _paths.DataKey(rootName));
                _options.Files.SyncFolder(_paths.Root);
            }
        });
        return kept;
    }

    private bool Exists => Directory.Exists(_paths.Root);

    private IReadOnlyList<StoreFileChange> Decide(IReadOnlyCollection<KeyChange> changes, IReadOnlyList<MigratedKey> migrated, CancellationToken cancellation)
    {
        Dictionary<string, string> present = Names().GroupBy(n => n, KeyName.Comparer).ToDictionary(g => g.Key, g => g.First(), KeyName.Comparer);
        foreach (KeyChange change in changes)
        {
            bool exists = present.ContainsKey(change.Name);
            if (exists && change.Kind == KeyChangeKind.Add)
                throw new KeyStoreException(KeyStoreFault.KeyExists, $"The store '{_paths.Root}' has a key '{present[change.Name]}' already. Choose another name, or replace the key.") { KeyName = change.Name };
            if (!exists && change.Kind != KeyChangeKind.Add) throw NotFound(change.Name);
            if (exists) CheckReplaceable(present[change.Name]);
        }
        bool decided = false;
        try
        {
            IReadOnlyList<StoreFileChange> files = _commit.Decide(FileChanges(changes, present, migrated, cancellation));
            decided = true;
            return files;
        }
        finally
        {
            if (!decided) RollBackQuietly();
        }
    }

    /// <summary>A failure to clean up must not hide the failure that led here; the next user of the store cleans up.</summary>
    private void RollBackQuietly()
    {
        try { _commit.RollBack(); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // See the summary.
        }
    }

    private IEnumerable<(string FileName, byte[]? Content)> FileChanges(
        IReadOnlyCollection<KeyChange> changes, Dictionary<string, string> present, IReadOnlyList<MigratedKey> migrated, CancellationToken cancellation)
    {
        foreach (KeyChange change in changes)
        {
            cancellation.ThrowIfCancellationRequested();
            // A key keeps the case in which its name was first written.
            string name = present.TryGetValue(change.Name, out string? stored) ? stored : change.Name;
            if (change.Kind != KeyChangeKind.EditData)
            {
                (byte[]? keyFile, byte[]? record) = change.Key is { } key ? StoredBytes.Write(key with { Record = key.Record with { Name = name } }) : (null, null);
                yield return (name + StorePaths.KeyExtension, keyFile);
                yield return (name + StorePaths.RecordExtension, record);
            }
            if (_data.Change(change, name, out byte[]? data)) yield return (name + StorePaths.DataExtension, data);
        }
        if (migrated.Count != 0) yield return (StorePaths.MigratedName, MigratedLog.Append(_paths.Migrated, migrated));
    }

    private static void CheckNames(IReadOnlyCollection<KeyChange> changes)
    {
        var seen = new HashSet<string>(KeyName.Comparer);
        foreach (KeyChange change in changes)
        {
            KeyName.Check(change.Name);
            if (!seen.Add(change.Name)) throw new ArgumentException($"The key '{change.Name}' is changed twice in one commit.", nameof(changes));
        }
    }

    private List<string> Names() =>
        Directory.EnumerateFileSystemEntries(_paths.Root).Select(p => StorePaths.KeyNameOf(Path.GetFileName(p))).OfType<string>()
            .Distinct(StringComparer.Ordinal).OrderBy(n => n, KeyName.Comparer).ThenBy(n => n, StringComparer.Ordinal).ToList();

    /// <summary>A shared lock on a store without unfinished changes.</summary>
    private IDisposable LockForReading(CancellationToken cancellation)
    {
        while (true)
        {
            IDisposable held = StoreLock.Acquire(_paths, exclusive: false, _options.LockTimeout, cancellation);
            // While we hold the lock nobody writes: what is unfinished now was left by a crash.
            if (!_paths.HasUnfinishedCommit) return held;
            held.Dispose();
            using (StoreLock.Acquire(_paths, exclusive: true, _options.LockTimeout, cancellation)) _commit.Recover();
        }
    }

    private void CreateFolder(string path)
    {
        string? above = Path.GetDirectoryName(path);
        if (above != null && !Directory.Exists(above)) CreateFolder(above);
        _options.Files.CreateFolder(path);
        if (above != null) _options.Files.SyncFolder(above);
    }

    /// <summary>A decided commit must not stumble over a folder that bears the name of a file.</summary>
    private void CheckReplaceable(string name)
    {
        string? folder = new[] { _paths.Key(name), _paths.Record(name), _paths.Data(name) }.FirstOrDefault(Directory.Exists);
        if (folder != null)
            throw new KeyStoreException(KeyStoreFault.KeyDamaged, $"The folder '{folder}' is in the place of a file of the key '{name}'. Move it away and repeat the command.") { KeyName = name };
    }

    private KeyStoreException NotFound(string name) =>
        new(KeyStoreFault.KeyNotFound, $"The store '{_paths.Root}' has no key '{name}'. Get-TpmKey lists the keys it has.") { KeyName = name };

    private void Guard(Action action)
    {
        try { action(); }
        catch (UnauthorizedAccessException e)
        {
            throw new KeyStoreException(KeyStoreFault.AccessDenied, $"The key store '{_paths.Root}' may not be used by {Environment.UserName}: {e.Message} Run as its owner or as administrator, or choose another folder.", e);
        }
        catch (IOException e)
        {
            bool full = IsDiskFull(e.HResult);
            throw new KeyStoreException(full ? KeyStoreFault.DiskFull : KeyStoreFault.InputOutput, full
                ? $"There is no space left for the key store '{_paths.Root}'; nothing was changed. Free some space and repeat the command."
                : $"The key store '{_paths.Root}' failed, nothing was changed: {e.Message}", e);
        }
    }

    /// <summary>ENOSPC, EDQUOT, ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL.</summary>
    private static bool IsDiskFull(int error) =>
        UnixCalls.Available ? error is 28 or 122 : unchecked((uint)error) is 0x80070070 or 0x80070027;
}
