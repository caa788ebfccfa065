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
    internal static void Write(string path, byte[] bytes, bool force) => Write(path, force, stream => stream.Write(bytes, 0, bytes.Length));

    /// <inheritdoc cref="RequireFree"/>
    /// <param name="path">The file.</param>
    /// <param name="force">Whether it may be replaced.</param>
    /// <param name="write">Writes the document; if it fails, there is no file.</param>
    internal static void Write(string path, bool force, Action<Stream> write)
    {
        RequireFree(path, force);
        string temporary = path + "." + Guid.NewGuid().ToString("N").Substring(0, 8) + ".tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            if (File.Exists(path)) File.Replace(temporary, path, null);
            else File.Move(temporary, path);
        }
        catch (Exception e)
        {
            if (File.Exists(temporary)) File.Delete(temporary);
            if (e is not (IOException or UnauthorizedAccessException)) throw;
            throw new DocumentAccessException(DocumentFault.NotWritten, $"The file '{path}' cannot be written: {e.Message}", e);
        }
    }
}
