using System.IO;
using System.Runtime.InteropServices;

namespace TpmMigration.Keys;

/// <summary>
/// Every operation by which the store changes its files, one method each: the seam at which tests kill the process or fill the disk.
/// Each is durable, or made so by the <see cref="SyncFolder"/> that follows it.
/// </summary>
internal class StoreFiles
{
    /// <summary>Creates a file that must not exist, readable by its owner only, and brings it to the disk.</summary>
    public virtual void WriteNew(string path, byte[] content)
    {
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        if (UnixCalls.Available) UnixCalls.SetMode(path, 0b110_000_000);
        stream.Write(content, 0, content.Length);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>Puts a file in place of another, or of none, in one step.</summary>
    public virtual void Rename(string from, string to)
    {
        if (UnixCalls.Available) UnixCalls.Rename(from, to);
        else if (!MoveFile(from, to, ReplaceExisting | WriteThrough))
            throw new IOException($"Moving '{from}' to '{to}' failed.", Marshal.GetHRForLastWin32Error());
    }

    /// <summary>Deletes a file if it is there.</summary>
    public virtual void Delete(string path) => File.Delete(path);

    public virtual void CreateFolder(string path) => StoreFolder.Create(path);

    /// <summary>Deletes an empty folder.</summary>
    public virtual void DeleteFolder(string path) => Directory.Delete(path);

    /// <summary>Makes what was created, renamed and deleted in a folder durable. NTFS does so by itself.</summary>
    public virtual void SyncFolder(string path)
    {
        if (UnixCalls.Available) UnixCalls.SyncFolder(path);
    }

    private const int ReplaceExisting = 1, WriteThrough = 8;

    [DllImport("kernel32", EntryPoint = "MoveFileExW", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static extern bool MoveFile(string from, string to, int flags);
}
