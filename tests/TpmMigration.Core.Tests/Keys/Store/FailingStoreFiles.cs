using System.IO;
using TpmMigration.Keys;

namespace TpmMigration.Tests.Keys.Store;

/// <summary>File operations of which all from the n-th on fail, as on a full or broken disk; deleting still works.</summary>
internal sealed class FailingStoreFiles : StoreFiles
{
    public const int NoSpace = 28, InputOutputError = 5;

    private readonly int _first;
    private readonly int _error;

    public FailingStoreFiles(int first, int error) => (_first, _error) = (first, error);

    public int Count { get; private set; }

    public override void WriteNew(string path, byte[] content)
    {
        if (Count == _first) File.WriteAllBytes(path, content[..(content.Length / 2)]);
        FailIfDue();
        base.WriteNew(path, content);
    }

    public override void Rename(string from, string to)
    {
        FailIfDue();
        base.Rename(from, to);
    }

    public override void CreateFolder(string path)
    {
        FailIfDue();
        base.CreateFolder(path);
    }

    public override void SyncFolder(string path)
    {
        FailIfDue();
        base.SyncFolder(path);
    }

    private void FailIfDue()
    {
        if (Count++ >= _first) throw new IOException("The disk is full, or worse.", _error);
    }
}
