using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace TpmMigration.Keys;

/// <content>What the store notes beside the keys: where they went, and which approvals were used up.</content>
public sealed partial class KeyStore
{
    /// <summary>The last export of a key, or null if none is known.</summary>
    /// <param name="exports">What <see cref="LastExports"/> gave.</param>
    /// <param name="tpmName">The key's TPM name.</param>
    public static KeyExport? LastExportOf(IReadOnlyDictionary<string, KeyExport> exports, byte[] tpmName) =>
        exports is null ? throw new ArgumentNullException(nameof(exports)) : exports.TryGetValue(ExportLog.KeyOf(tpmName), out KeyExport? export) ? export : null;

    /// <summary>The last export of each key that was ever exported from this store; see <see cref="LastExportOf"/>.</summary>
    /// <exception cref="KeyStoreException">The store cannot be read.</exception>
    public IReadOnlyDictionary<string, KeyExport> LastExports()
    {
        Dictionary<string, KeyExport> exports = [];
        Guard(() =>
        {
            if (!Exists) return;
            using (LockForReading(CancellationToken.None)) exports = ExportLog.Read(_paths.Exports);
        });
        return exports;
    }

    /// <summary>The keys that moved from this store to other machines, the oldest first.</summary>
    /// <exception cref="KeyStoreException">The store cannot be read.</exception>
    public IReadOnlyList<MigratedKey> MigratedKeys()
    {
        IReadOnlyList<MigratedKey> keys = [];
        Guard(() =>
        {
            if (!Exists) return;
            using (LockForReading(CancellationToken.None)) keys = MigratedLog.Read(_paths.Migrated);
        });
        return keys;
    }

    /// <summary>Notes that keys were exported.</summary>
    /// <param name="tpmNames">Their TPM names.</param>
    /// <param name="export">Where they went.</param>
    /// <param name="cancellation">Heeded while waiting for the store.</param>
    /// <exception cref="KeyStoreException">The store cannot be written; what was noted before is kept.</exception>
    public void NoteExport(IEnumerable<byte[]> tpmNames, KeyExport export, CancellationToken cancellation = default) => Guard(() =>
    {
        using (StoreLock.Acquire(_paths, exclusive: true, _options.LockTimeout, cancellation))
        {
            Dictionary<string, KeyExport> exports = ExportLog.Read(_paths.Exports);
            foreach (byte[] name in tpmNames) exports[ExportLog.KeyOf(name)] = export;
            Replace(_paths.Exports, _paths.NewExports, ExportLog.Write(exports));
        }
    });

    /// <summary>The approvals that are good for one package and were used here.</summary>
    /// <exception cref="KeyStoreException">The store cannot be read, or the list of them is damaged.</exception>
    public IReadOnlyList<UsedApproval> UsedApprovals()
    {
        IReadOnlyList<UsedApproval> used = [];
        Guard(() =>
        {
            if (!Exists) return;
            using (LockForReading(CancellationToken.None)) used = ReadUsedApprovals();
        });
        return used;
    }

    /// <summary>Notes that approvals were used, all or none.</summary>
    /// <returns>Those that another program used meanwhile; where there is one, nothing is noted.</returns>
    /// <exception cref="KeyStoreException">The store cannot be written.</exception>
    public IReadOnlyList<UsedApproval> UseApprovals(IReadOnlyCollection<UsedApproval> approvals, CancellationToken cancellation = default)
    {
        List<UsedApproval> again = [];
        if (approvals.Count == 0) return again;
        Guard(() =>
        {
            using (StoreLock.Acquire(_paths, exclusive: true, _options.LockTimeout, cancellation))
            {
                IReadOnlyList<UsedApproval> used = ReadUsedApprovals();
                again.AddRange(approvals.Where(each => used.Any(other => other.Id == each.Id)));
                if (again.Count == 0) Replace(_paths.UsedApprovals, _paths.NewUsedApprovals, ApprovalLog.Write(used.Concat(approvals), DateTime.UtcNow));
            }
        });
        return again;
    }

    private IReadOnlyList<UsedApproval> ReadUsedApprovals()
    {
        try
        {
            return ApprovalLog.Read(_paths.UsedApprovals);
        }
        catch (FormatException e)
        {
            throw new KeyStoreException(KeyStoreFault.StoreDamaged, $"The list of used approvals '{_paths.UsedApprovals}' is damaged: {e.Message}. Restore it from a backup; without it an approval could be used twice.", e);
        }
    }

    /// <summary>Puts a file that is no key's in the place of the one before, in one step.</summary>
    private void Replace(string path, string newPath, byte[] content)
    {
        _options.Files.Delete(newPath);
        _options.Files.WriteNew(newPath, content);
        _options.Files.Rename(newPath, path);
        _options.Files.SyncFolder(_paths.Root);
    }
}
