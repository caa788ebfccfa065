using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using TpmMigration.Keys;

namespace TpmMigration.Victim;

/// <summary>When to die, seen from one file operation.</summary>
public enum Moment
{
    /// <summary>Not at all; the operations are only counted.</summary>
    Never,
    Before,

    /// <summary>With half of the content written. Operations that the file system does in one have no middle and are survived.</summary>
    Middle,
    After,
}

/// <summary>
/// The file operations of a key store, at the n-th of which the process gets SIGKILL: no handler runs, no buffer is flushed, no lock is let
/// go in order. Any program that gives it to its <see cref="KeyStoreOptions"/> can be killed so.
/// </summary>
internal sealed class DeadlyStoreFiles : StoreFiles
{
    private readonly int _fatal;
    private readonly Moment _moment;
    private readonly List<string> _done = new();

    /// <param name="fatal">The operation, counted from 0, at which to die.</param>
    /// <param name="moment">When.</param>
    public DeadlyStoreFiles(int fatal, Moment moment) => (_fatal, _moment) = (fatal, moment);

    /// <summary>What was done: the operation and the last part of its path.</summary>
    public IReadOnlyList<string> Done => _done;

    public override void WriteNew(string path, byte[] content)
    {
        DieIf(Moment.Before);
        if (IsDue(Moment.Middle))
        {
            using var stream = new FileStream(path, FileMode.CreateNew);
            stream.Write(content, 0, content.Length / 2);
            stream.Flush();
            Die();
        }
        base.WriteNew(path, content);
        Survive("write", path);
    }

    public override void Rename(string from, string to)
    {
        DieIf(Moment.Before);
        base.Rename(from, to);
        Survive("rename", to);
    }

    public override void Delete(string path)
    {
        DieIf(Moment.Before);
        base.Delete(path);
        Survive("delete", path);
    }

    public override void CreateFolder(string path)
    {
        DieIf(Moment.Before);
        base.CreateFolder(path);
        Survive("create", path);
    }

    public override void DeleteFolder(string path)
    {
        DieIf(Moment.Before);
        base.DeleteFolder(path);
        Survive("remove", path);
    }

    public override void SyncFolder(string path)
    {
        DieIf(Moment.Before);
        base.SyncFolder(path);
        Survive("sync", path);
    }

    private bool IsDue(Moment moment) => _moment == moment && _done.Count == _fatal;

    private void DieIf(Moment moment)
    {
        if (IsDue(moment)) Die();
    }

    private void Survive(string operation, string path)
    {
        DieIf(Moment.After);
        _done.Add(operation + " " + Path.GetFileName(path));
    }

    private static void Die()
    {
        _ = Signal(GetProcessId(), 9);
        Thread.Sleep(Timeout.Infinite);
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int process, int signal);

    [DllImport("libc", EntryPoint = "getpid")]
    private static extern int GetProcessId();
}
