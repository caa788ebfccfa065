using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;

namespace TpmMigration.Keys;

/// <summary>
/// The lock on a store, between processes as well as within one: any number of readers, or one writer. The operating system lets go of it
/// when its holder ends, however it ends. On Unix it is a lock on the folder itself, so that a reader writes nothing; on Windows it is
/// the way in which the lock file is open.
/// </summary>
internal static class StoreLock
{
    private const int SharingViolation = unchecked((int)0x80070020);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(5), LongestDelay = TimeSpan.FromMilliseconds(100);

    /// <exception cref="KeyStoreException"><see cref="KeyStoreFault.Locked"/>: others did not let go of it in time.</exception>
    public static IDisposable Acquire(StorePaths paths, bool exclusive, TimeSpan timeout, CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        TimeSpan delay = FirstDelay;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (TryAcquire(paths, exclusive) is { } held)
            {
                if (exclusive && UnixCalls.Available) TryLeaveCard(paths.Lock);
                return held;
            }
            if (waited.Elapsed >= timeout) throw Locked(paths, timeout);
            cancellation.WaitHandle.WaitOne(delay);
            delay = delay + delay < LongestDelay ? delay + delay : LongestDelay;
        }
    }

    private static IDisposable? TryAcquire(StorePaths paths, bool exclusive)
    {
        if (UnixCalls.Available) return UnixCalls.TryLock(paths.Root, exclusive);
        try
        {
            var stream = new FileStream(paths.Lock, FileMode.OpenOrCreate, exclusive ? FileAccess.ReadWrite : FileAccess.Read, FileShare.Read);
            if (exclusive) WriteCard(stream);
            return stream;
        }
        catch (IOException e) when (e.HResult == SharingViolation)
        {
            return null;
        }
    }

    private static KeyStoreException Locked(StorePaths paths, TimeSpan timeout)
    {
        string holder = ReadCard(paths.Lock) is { Length: > 0 } card ? $" Its last writer was {card}." : "";
        return new KeyStoreException(KeyStoreFault.Locked,
            $"Another program has been using the key store '{paths.Root}' for {timeout.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} seconds.{holder} Try again when it has finished.");
    }

    /// <summary>The card serves an error message only: a disk too full to write it is no reason to refuse the lock.</summary>
    private static void TryLeaveCard(string path)
    {
        try
        {
            if (File.Exists(path) && StorePaths.IsLink(path)) return;
            using var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
            UnixCalls.SetMode(path, 0b110_000_000);
            WriteCard(stream);
        }
        catch (IOException)
        {
            // See the summary.
        }
    }

    private static void WriteCard(FileStream stream)
    {
        using Process self = Process.GetCurrentProcess();
        byte[] card = Encoding.UTF8.GetBytes(string.Format(CultureInfo.InvariantCulture, "process {0} ({1}) of {2}, since {3:yyyy-MM-dd HH:mm:ss} UTC", self.Id, self.ProcessName, Environment.MachineName, DateTime.UtcNow));
        stream.SetLength(0);
        stream.Write(card, 0, card.Length);
        stream.Flush();
    }

    private static string? ReadCard(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var buffer = new byte[512];
            return Encoding.UTF8.GetString(buffer, 0, stream.Read(buffer, 0, buffer.Length));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
