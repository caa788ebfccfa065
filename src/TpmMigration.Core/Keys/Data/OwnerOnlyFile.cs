using System;
using System.IO;
#if NET
using System.Runtime.Versioning;
#endif

namespace TpmMigration.Keys;

/// <summary>Writes files that are secret: for their owner only from the first byte, there whole or not at all.</summary>
public static class OwnerOnlyFile
{
#if NET
    [SupportedOSPlatformGuard("windows")]
#endif
    private static bool IsWindows => !UnixCalls.Available;

    /// <param name="path">The full path; what is there is replaced.</param>
    /// <param name="content">The bytes.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, byte[] content)
    {
        if (content is null) throw new ArgumentNullException(nameof(content));
        string temporary = path + "." + Guid.NewGuid().ToString("N").Substring(0, 8) + ".tmp";
        try
        {
            using (FileStream stream = Create(temporary))
            {
                stream.Write(content, 0, content.Length);
                stream.Flush(flushToDisk: true);
            }
            if (UnixCalls.Available) UnixCalls.Rename(temporary, path);
            else if (File.Exists(path)) ReplaceWithNewRights(temporary, path);
            else File.Move(temporary, path);
        }
        catch
        {
            if (File.Exists(temporary)) File.Delete(temporary);
            throw;
        }
    }

    // File.Replace would keep the rights of what was there.
    private static void ReplaceWithNewRights(string temporary, string path)
    {
        File.Delete(path);
        File.Move(temporary, path);
    }

    private static FileStream Create(string path)
    {
        if (IsWindows) return WindowsFolderRights.CreateFile(path);
#if NET
        return new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
#else
        var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        UnixCalls.SetMode(path, 0b110_000_000);
        return stream;
#endif
    }
}
