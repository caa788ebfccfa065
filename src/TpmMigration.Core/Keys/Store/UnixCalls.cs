using System;
using System.IO;
using System.Runtime.InteropServices;

namespace TpmMigration.Keys;

/// <summary>What Unix has and .NET (or .NET Framework, under Mono) has not: owners, modes, locks, and making a folder durable.</summary>
internal static class UnixCalls
{
    private const int OpenReadOnly = 0;
    private const int LockShared = 1, LockExclusive = 2, LockNonBlocking = 4;
    private const int ErrorInterrupted = 4, ErrorAgain = 11, ErrorAccess = 13, ErrorPermission = 1;
    private const int CurrentFolder = -100;

    public static bool Available { get; } = Path.DirectorySeparatorChar == '/';

    public static bool IsOwnedByUs(string path) => Owner(path) == GetEffectiveUser();

    public static bool IsOwnedByUsOrRoot(string path) => Owner(path) is var owner && (owner == 0 || owner == GetEffectiveUser());

    /// <summary>The permission bits.</summary>
    public static int Mode(string path)
    {
        var buffer = new byte[256];
        Check(StatX(CurrentFolder, path, 0, 0x0F, buffer), "stat", path);
        return BitConverter.ToUInt16(buffer, 28) & 0xFFF;
    }

    private static uint Owner(string path)
    {
        // statx is the one of its family whose structure is the same on every architecture: 256 bytes, the owner's id at 20.
        var buffer = new byte[256];
        Check(StatX(CurrentFolder, path, 0, 0x0F, buffer), "stat", path);
        return BitConverter.ToUInt32(buffer, 20);
    }

    public static void SetMode(string path, int mode) => Check(ChangeMode(path, mode), "chmod", path);

    public static void Rename(string from, string to) => Check(RenameFile(from, to), "rename", from);

    public static void SyncFolder(string path)
    {
        int folder = OpenFolder(path);
        try { Check(Synchronize(folder), "fsync", path); }
        finally { _ = CloseFile(folder); }
    }

    /// <summary>Opens a folder and locks it against other processes and threads that do the same; null if it is taken.</summary>
    public static IDisposable? TryLock(string folder, bool exclusive)
    {
        int descriptor = OpenFolder(folder);
        while (FileLock(descriptor, (exclusive ? LockExclusive : LockShared) | LockNonBlocking) < 0)
        {
            int error = Marshal.GetLastWin32Error();
            if (error == ErrorInterrupted) continue;
            _ = CloseFile(descriptor);
            if (error == ErrorAgain) return null;
            throw Failure(error, "flock", folder);
        }
        return new Descriptor(descriptor);
    }

    private static int OpenFolder(string path)
    {
        // 0x80000 is O_CLOEXEC: a child process must not keep the lock.
        int descriptor = OpenFile(path, OpenReadOnly | 0x80000);
        Check(descriptor, "open", path);
        return descriptor;
    }

    private static void Check(int result, string call, string path)
    {
        if (result < 0) throw Failure(Marshal.GetLastWin32Error(), call, path);
    }

    private static Exception Failure(int error, string call, string path) => error is ErrorAccess or ErrorPermission
        ? new UnauthorizedAccessException($"{call} of '{path}' is not permitted.")
        : new IOException($"{call} of '{path}' failed with error {error}.", error);

    private sealed class Descriptor : IDisposable
    {
        private int _descriptor;

        public Descriptor(int descriptor) => _descriptor = descriptor;

        public void Dispose()
        {
            if (_descriptor >= 0) _ = CloseFile(_descriptor);
            _descriptor = -1;
        }
    }

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static extern int StatX(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] buffer);

    [DllImport("libc", EntryPoint = "geteuid")]
    private static extern uint GetEffectiveUser();

    [DllImport("libc", EntryPoint = "chmod", SetLastError = true)]
    private static extern int ChangeMode([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);

    [DllImport("libc", EntryPoint = "rename", SetLastError = true)]
    private static extern int RenameFile([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int OpenFile([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Synchronize(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int CloseFile(int descriptor);

    [DllImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static extern int FileLock(int descriptor, int operation);
}
