using System;
using System.IO;
using System.Text;
using System.Threading;
#if NET
using System.Runtime.Versioning;
#endif
using TpmMigration.Documents;
using TpmMigration.Keys;

namespace TpmMigration.Approvals;

/// <summary>
/// The file of a trust register: administrators write it, everybody reads it, and what others could have written is not believed. It is
/// replaced in one step, by one writer at a time.
/// </summary>
internal sealed class TrustFile
{
    private const int OthersWrite = 0b000_010_010, FileMode644 = 0b110_100_100, FolderMode755 = 0b111_101_101;

    private readonly string _folder;
    private readonly StoreFiles _files = new();

    internal TrustFile(string path)
    {
        FullPath = Path.GetFullPath(path);
        _folder = Path.GetDirectoryName(FullPath) ?? throw new ArgumentException($"'{path}' is no path of a file.", nameof(path));
    }

    internal string FullPath { get; }

#if NET
    [SupportedOSPlatformGuard("windows")]
#endif
    private static bool IsWindows => !UnixCalls.Available;

    /// <summary>Reads the file.</summary>
    /// <param name="parse">Makes of its text what is wanted; a <see cref="DocumentFormatException"/> means that it is damaged.</param>
    /// <returns>Null if there is no file.</returns>
    internal T? Read<T>(Func<string, T> parse) where T : class => Guard(() => ReadText() is { } text ? parse(text) : null);

    private string? ReadText()
    {
        if (Directory.Exists(FullPath)) throw new TrustRegisterException(TrustRegisterFault.InputOutput, $"'{FullPath}' is a folder. Name a file for the trust register.");
        if (!File.Exists(FullPath)) return null;
        RequireProtected(_folder);
        RequireProtected(FullPath);
        using var stream = new FileStream(FullPath, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        if (stream.Length > TrustRegisterXml.Limits.MostBytes) throw new DocumentFormatException("It is larger than any trust register.");
        using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
        try
        {
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException e)
        {
            throw new DocumentFormatException("It is not in UTF-8.", 0, e);
        }
    }

    /// <summary>Reads, changes and writes while no other program does.</summary>
    /// <param name="change">The new content from the old.</param>
    /// <param name="timeout">How long to wait for another program.</param>
    /// <param name="cancellation">Heeded while waiting.</param>
    internal void Change(Func<string?, string> change, TimeSpan timeout, CancellationToken cancellation) => Guard(() =>
    {
        CreateFolder(_folder);
        RequireProtected(_folder);
        using (Lock(timeout, cancellation))
        {
            string content = change(ReadText());
            string fresh = Path.Combine(_folder, "." + Path.GetFileName(FullPath) + ".new");
            _files.Delete(fresh);
            _files.WriteNew(fresh, new UTF8Encoding(false).GetBytes(content));
            if (IsWindows) WindowsFolderRights.MakeReadable(fresh);
            else UnixCalls.SetMode(fresh, FileMode644);
            _files.Rename(fresh, FullPath);
            _files.SyncFolder(_folder);
        }
        return true;
    });

    private IDisposable Lock(TimeSpan timeout, CancellationToken cancellation)
    {
        try
        {
            return StoreLock.Acquire(new StorePaths(_folder), exclusive: true, timeout, cancellation);
        }
        catch (KeyStoreException e) when (e.Fault == KeyStoreFault.Locked)
        {
            throw new TrustRegisterException(TrustRegisterFault.Locked, $"Another program is changing the trust register '{FullPath}'. Run the command again when it has finished.", e);
        }
    }

    private static void CreateFolder(string path)
    {
        if (Directory.Exists(path))
        {
            // The folder may have come into being with the key store, which is closed to others.
            if (IsWindows && path == Path.GetDirectoryName(TrustRegister.MachinePath)) WindowsFolderRights.LetOthersLookInto(path);
            return;
        }
        if (Path.GetDirectoryName(path) is { } above) CreateFolder(above);
        if (IsWindows)
        {
            WindowsFolderRights.CreateReadable(path);
            return;
        }
        Directory.CreateDirectory(path);
        UnixCalls.SetMode(path, FolderMode755);
    }

    private void RequireProtected(string path)
    {
        if (StorePaths.IsLink(path)) throw NotProtected($"'{path}' is a link, which is not followed. Name the place itself.");
        if (IsWindows)
        {
            if (!WindowsFolderRights.IsChangedByTrustedOnly(path)) throw NotProtected($"Others than administrators could change '{path}'. See who did, then take their rights away: icacls \"{path}\"");
            return;
        }
        if (!UnixCalls.IsOwnedByUsOrRoot(path)) throw NotProtected($"'{path}' belongs to another user, who could change it. See whether it is right, then: chown root '{path}'");
        if ((UnixCalls.Mode(path) & OthersWrite) != 0) throw NotProtected($"Others than its owner could change '{path}'. See whether it is right, then: chmod go-w '{path}'");
    }

    private TrustRegisterException NotProtected(string what) =>
        new(TrustRegisterFault.NotProtected, $"The trust register '{FullPath}' is not used, since it proves nothing: {what}");

    private T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (DocumentFormatException e)
        {
            throw new TrustRegisterException(TrustRegisterFault.Malformed, $"The trust register '{FullPath}' is damaged. {e.Message} Restore it from a backup, or remove it and register anew whom you trust.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TrustRegisterException(TrustRegisterFault.AccessDenied, $"The trust register '{FullPath}' may not be used by {Account.Current}: {e.Message} Changing it takes an administrator.", e);
        }
        catch (IOException e)
        {
            throw new TrustRegisterException(TrustRegisterFault.InputOutput, $"The trust register '{FullPath}' failed; nothing was changed: {e.Message}", e);
        }
    }
}
