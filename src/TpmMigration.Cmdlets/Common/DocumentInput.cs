using System;
using System.Collections.Generic;
using System.IO;
using System.Management.Automation;
using System.Text;

namespace TpmMigration.Cmdlets;

/// <summary>
/// A document as users give it: a path, the XML or PEM itself, a file object, or an object that carries it in its property Document, also
/// when that object came through remoting.
/// </summary>
internal sealed class DocumentInput
{
    // Small documents are read whole; packages as a stream, whose reader has limits of its own.
    private const long MostTextBytes = 1L << 20;

    private readonly string? _text;

    private DocumentInput(string? text, string? path) => (_text, Path) = (text, path);

    /// <summary>The file it lies in; null where it was given itself.</summary>
    internal string? Path { get; }

    /// <exception cref="DocumentAccessException">The file is missing or cannot be read.</exception>
    internal string Text()
    {
        if (_text != null) return _text;
        try
        {
            using Stream stream = Open();
            if (stream.Length > MostTextBytes)
                throw new DocumentAccessException(DocumentFault.NotReadable, $"The file '{Path}' is larger than any such document of this module.");
            using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or DecoderFallbackException)
        {
            throw Unreadable(e);
        }
    }

    /// <summary>The document in UTF-8.</summary>
    /// <exception cref="DocumentAccessException">The file is missing or cannot be read.</exception>
    internal Stream Open()
    {
        if (_text != null) return new MemoryStream(Encoding.UTF8.GetBytes(_text), writable: false);
        try
        {
            if (!File.Exists(Path))
                throw new DocumentAccessException(DocumentFault.NotFound, $"There is no file '{Path}'.");
            return new FileStream(Path!, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(e);
        }
    }

    internal static DocumentInput From(PSCmdlet cmdlet, object input) => From(new PathInput(cmdlet), input);

    private static DocumentInput From(PathInput paths, object input)
    {
        object value = input is PSObject wrapped ? wrapped.BaseObject : input;
        if (value is string text)
            return IsDocument(text) ? new DocumentInput(text, null) : new DocumentInput(null, paths.Resolve(text));
        if (value is FileInfo file) return new DocumentInput(null, file.FullName);
        PSObject properties = PSObject.AsPSObject(input);
        if (properties.Properties["Document"]?.Value is { } document && document.ToString() is { Length: > 0 } carried)
            return new DocumentInput(carried, null);
        if (properties.Properties["Path"]?.Value is { } path && path.ToString() is { Length: > 0 } named)
            return new DocumentInput(null, paths.Resolve(named));
        throw new ArgumentException($"An object of type {value.GetType().Name} carries no document. Give a path, the XML, or what another command of this module returned.");
    }

    /// <summary>Each of several, with wildcards in paths expanded.</summary>
    internal static IEnumerable<DocumentInput> FromMany(PSCmdlet cmdlet, IEnumerable<object> inputs)
    {
        var paths = new PathInput(cmdlet);
        foreach (object input in inputs)
        {
            object value = input is PSObject wrapped ? wrapped.BaseObject : input;
            if (value is string text && WildcardPattern.ContainsWildcardCharacters(text) && !IsDocument(text))
            {
                foreach (string path in cmdlet.GetResolvedProviderPathFromPSPath(text, out _))
                    yield return new DocumentInput(null, path);
            }
            else
            {
                yield return From(paths, input);
            }
        }
    }

    /// <summary>Whether a text is itself a document (XML, or PEM with what may stand before it), and no path.</summary>
    internal static bool IsDocument(string text) => text.TrimStart().StartsWith("<", StringComparison.Ordinal) || text.Contains("-----BEGIN ");

    private DocumentAccessException Unreadable(Exception cause) =>
        new(DocumentFault.NotReadable, $"The file '{Path}' cannot be read: {cause.Message}", cause);
}
