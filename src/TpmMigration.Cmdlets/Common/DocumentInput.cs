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
internal sealed record DocumentInput(string Text, string? Path)
{
    private const long MostBytes = 1L << 30;

    /// <exception cref="DocumentAccessException">A file is missing or cannot be read.</exception>
    internal static DocumentInput From(PSCmdlet cmdlet, object input)
    {
        object value = input is PSObject wrapped ? wrapped.BaseObject : input;
        if (value is string text)
            return IsDocument(text) ? new DocumentInput(text, null) : Read(cmdlet.GetUnresolvedProviderPathFromPSPath(text));
        if (value is FileInfo file) return Read(file.FullName);
        PSObject properties = PSObject.AsPSObject(input);
        if (properties.Properties["Document"]?.Value is { } document && document.ToString() is { Length: > 0 } carried)
            return new DocumentInput(carried, null);
        if (properties.Properties["Path"]?.Value is { } path && path.ToString() is { Length: > 0 } named)
            return Read(cmdlet.GetUnresolvedProviderPathFromPSPath(named));
        throw new ArgumentException($"An object of type {value.GetType().Name} carries no document. Give a path, the XML, or what another command of this module returned.");
    }

    /// <summary>Each of several, with wildcards in paths expanded.</summary>
    internal static IEnumerable<DocumentInput> FromMany(PSCmdlet cmdlet, IEnumerable<object> inputs)
    {
        foreach (object input in inputs)
        {
            object value = input is PSObject wrapped ? wrapped.BaseObject : input;
            if (value is string text && WildcardPattern.ContainsWildcardCharacters(text) && !IsDocument(text))
            {
                foreach (string path in cmdlet.GetResolvedProviderPathFromPSPath(text, out _))
                    yield return Read(path);
            }
            else
            {
                yield return From(cmdlet, input);
            }
        }
    }

    /// <summary>Whether a text is itself a document (XML, or PEM with what may stand before it), and no path.</summary>
    private static bool IsDocument(string text) => text.TrimStart().StartsWith("<", StringComparison.Ordinal) || text.Contains("-----BEGIN ");

    private static DocumentInput Read(string path)
    {
        try
        {
            if (!File.Exists(path))
                throw new DocumentAccessException(DocumentFault.NotFound, $"There is no file '{path}'.");
            if (new FileInfo(path).Length > MostBytes)
                throw new DocumentAccessException(DocumentFault.NotReadable, $"The file '{path}' is larger than any document of this module.");
            return new DocumentInput(File.ReadAllText(path, new UTF8Encoding(false, throwOnInvalidBytes: true)), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw new DocumentAccessException(DocumentFault.NotReadable, $"The file '{path}' cannot be read: {e.Message}", e);
        }
    }
}
