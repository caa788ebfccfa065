using System;
using System.IO;
using System.Management.Automation;
using System.Text;
using TpmMigration.Keys;
using TpmMigration.Migration;

namespace TpmMigration.Cmdlets;

/// <summary>A single key in a form of other programs, and the name its file suggests.</summary>
internal sealed record KeyFileInput(TpmKeyFile File, string? Name)
{
    private const string PemLabel = "-----BEGIN TSS2 PRIVATE KEY-----";

    /// <summary>The key that was given, by path or as text; null if it is no key file but another document.</summary>
    /// <exception cref="DocumentAccessException">A file is missing or cannot be read.</exception>
    /// <exception cref="KeyFileException">It is a damaged key file.</exception>
    internal static KeyFileInput? TryFrom(PSCmdlet cmdlet, object input, out DocumentInput? document)
    {
        document = null;
        if (PathOf(cmdlet, input) is { } path && path.EndsWith(DuplicateFiles.DuplicateExtension, StringComparison.OrdinalIgnoreCase))
            return new KeyFileInput(ReadDuplicate(path), System.IO.Path.GetFileNameWithoutExtension(path));
        document = DocumentInput.From(cmdlet, input);
        byte[] start = ReadStart(document);
        string text = Encoding.ASCII.GetString(start);
        return !text.TrimStart('?', ' ', '\r', '\n', '\t').StartsWith("<", StringComparison.Ordinal) && text.Contains(PemLabel)
            ? new KeyFileInput(TpmKeyFile.FromPem(start), System.IO.Path.GetFileNameWithoutExtension(document.Path))
            : null;
    }

    /// <summary>A document as far as a key file may reach, and one byte more, by which it is seen to be too large.</summary>
    private static byte[] ReadStart(DocumentInput document)
    {
        using Stream stream = document.Open();
        byte[] start = new byte[TpmKeyFile.MaxBytes + 1];
        int count = 0, read;
        while (count < start.Length && (read = stream.Read(start, count, start.Length - count)) > 0) count += read;
        Array.Resize(ref start, count);
        return start;
    }

    private static TpmKeyFile ReadDuplicate(string path)
    {
        string shared = path.Substring(0, path.Length - DuplicateFiles.DuplicateExtension.Length);
        return new DuplicateFiles(Read(shared + DuplicateFiles.PublicExtension), Read(path), Read(shared + DuplicateFiles.SeedExtension)).ToImportable();
    }

    private static string? PathOf(PSCmdlet cmdlet, object input)
    {
        object value = input is PSObject wrapped ? wrapped.BaseObject : input;
        if (value is FileInfo file) return file.FullName;
        string? path = value as string ?? PSObject.AsPSObject(input).Properties["Path"]?.Value?.ToString();
        return path is null or "" || DocumentInput.IsDocument(path) ? null : cmdlet.GetUnresolvedProviderPathFromPSPath(path);
    }

    private static byte[] Read(string path)
    {
        try
        {
            if (!System.IO.File.Exists(path))
                throw new DocumentAccessException(DocumentFault.NotFound, $"There is no file '{path}'. A duplicate is three files of one name: .dup, .pub and .seed.");
            if (new FileInfo(path).Length > TpmKeyFile.MaxBytes)
                throw new DocumentAccessException(DocumentFault.NotReadable, $"The file '{path}' is larger than any part of a key.");
            return System.IO.File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DocumentAccessException(DocumentFault.NotReadable, $"The file '{path}' cannot be read: {e.Message}", e);
        }
    }
}
