using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace TpmMigration.Keys;

/// <summary>
/// Changes many files as one step. New content is staged and made durable; renaming the journal into place decides; the staged files are
/// renamed over the old ones; the journal goes last. Whoever opens the store after a crash finds either no journal, and throws the
/// staged files away, or the journal, and goes through with it. Every call needs the exclusive lock.
/// </summary>
internal sealed class StoreCommit
{
    private readonly StorePaths _paths;
    private readonly StoreFiles _files;

    public StoreCommit(StorePaths paths, StoreFiles files) => (_paths, _files) = (paths, files);

    /// <summary>Everything before the point of no return. If it throws, nothing has changed.</summary>
    /// <param name="changes">The file and its new content, or null to delete it.</param>
    public IReadOnlyList<StoreFileChange> Decide(IEnumerable<(string FileName, byte[]? Content)> changes)
    {
        var list = new List<StoreFileChange>();
        _files.CreateFolder(_paths.Staging);
        foreach ((string fileName, byte[]? content) in changes)
        {
            if (content != null) _files.WriteNew(Staged(list.Count), content);
            list.Add(new StoreFileChange(fileName, content is null ? null : KeyRecordXml.Hash(content)));
        }
        _files.SyncFolder(_paths.Staging);
        _files.WriteNew(_paths.NewJournal, StoreJournal.Write(list));
        // The folder of the staged files must be durable before the journal that relies on it.
        _files.SyncFolder(_paths.Root);
        _files.Rename(_paths.NewJournal, _paths.Journal);
        return list;
    }

    /// <summary>Carries out a decided commit; each part may already be done.</summary>
    public void Apply(IReadOnlyList<StoreFileChange> changes)
    {
        _files.SyncFolder(_paths.Root);
        for (int i = 0; i < changes.Count; i++)
        {
            string target = Path.Combine(_paths.Root, changes[i].FileName);
            if (changes[i].Hash is null) _files.Delete(target);
            else if (File.Exists(Staged(i))) _files.Rename(Staged(i), target);
        }
        _files.SyncFolder(_paths.Root);
        _files.Delete(_paths.Journal);
        _files.SyncFolder(_paths.Root);
        RollBack();
    }

    /// <summary>Brings a store that a crash left unfinished to its old or its new state.</summary>
    public void Recover()
    {
        if (File.Exists(_paths.Journal))
        {
            IReadOnlyList<StoreFileChange> changes = ReadJournal();
            CheckStaged(changes);
            Apply(changes);
        }
        RollBack();
    }

    /// <summary>Throws away what was not decided, or is used up.</summary>
    public void RollBack()
    {
        if (File.Exists(_paths.NewJournal)) _files.Delete(_paths.NewJournal);
        if (!Directory.Exists(_paths.Staging)) return;
        if (StorePaths.IsLink(_paths.Staging)) throw Damaged($"'{_paths.Staging}' is a link; find out who made it, and remove it.");
        foreach (string file in Directory.GetFiles(_paths.Staging)) _files.Delete(file);
        _files.DeleteFolder(_paths.Staging);
    }

    private string Staged(int index) => Path.Combine(_paths.Staging, index.ToString(CultureInfo.InvariantCulture));

    private IReadOnlyList<StoreFileChange> ReadJournal()
    {
        try
        {
            if (StorePaths.IsLink(_paths.Journal)) throw new InvalidDataException("It is a link.");
            return StoreJournal.Read(File.ReadAllBytes(_paths.Journal));
        }
        catch (InvalidDataException e)
        {
            throw Damaged($"The journal '{_paths.Journal}' is not usable: {e.Message} Restore the folder from a backup.", e);
        }
    }

    /// <summary>Before the first step: what the journal promises must be there, staged or in place, or nothing is touched.</summary>
    private void CheckStaged(IReadOnlyList<StoreFileChange> changes)
    {
        for (int i = 0; i < changes.Count; i++)
        {
            if (changes[i].Hash is not { } hash) continue;
            string path = File.Exists(Staged(i)) ? Staged(i) : Path.Combine(_paths.Root, changes[i].FileName);
            if (!File.Exists(path) || StorePaths.IsLink(path) || KeyRecordXml.Hash(File.ReadAllBytes(path)) != hash)
                throw Damaged($"An unfinished change has lost the new content of '{changes[i].FileName}'. Restore the folder from a backup, or remove '{_paths.Journal}' to keep what there is.");
        }
    }

    private KeyStoreException Damaged(string what, Exception? cause = null) =>
        new(KeyStoreFault.StoreDamaged, $"The key store '{_paths.Root}' cannot be used. {what}", cause);
}
