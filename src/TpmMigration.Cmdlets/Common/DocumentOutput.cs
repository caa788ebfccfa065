using System;
using System.IO;
using System.Text;

namespace TpmMigration.Cmdlets;

/// <summary>Writes documents so that a file is there whole or not at all.</summary>
internal static class DocumentOutput
{
    /// <exception cref="DocumentAccessException">The file exists and is not to be replaced, or cannot be written.</exception>
    internal static void RequireFree(string path, bool force)
    {
        if (!force && File.Exists(path))
            throw new DocumentAccessException(DocumentFault.Exists, $"The file '{path}' exists. Choose another path, or replace it with -Force.");
        if (Directory.Exists(path))
            throw new DocumentAccessException(DocumentFault.NotWritten, $"'{path}' is a folder. Name a file.");
    }

    /// <inheritdoc cref="RequireFree"/>
    internal static void Write(string path, string text, bool force) => Write(path, new UTF8Encoding(false).GetBytes(text), force);

    /// <inheritdoc cref="RequireFree"/>
    internal static void Write(string path, byte[] bytes, bool force)
    {
        RequireFree(path, force);
        string temporary = path + "." + Guid.NewGuid().ToString("N").Substring(0, 8) + ".tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                stream.Write(bytes, 0, bytes.Length);
                stream.Flush(flushToDisk: true);
            }
            if (File.Exists(path)) File.Replace(temporary, path, null);
            else File.Move(temporary, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(temporary)) File.Delete(temporary);
            throw new DocumentAccessException(DocumentFault.NotWritten, $"The file '{path}' cannot be written: {e.Message}", e);
        }
    }
}
