using System;
using System.Collections.Generic;
using System.IO;
using System.Management.Automation;
using System.Text;

namespace TpmMigration.Cmdlets;

/// <summary>
/// A document as users give it: a path, the XML itself, a file object, or an object that carries it in its property Document, also
/// when that object came through remoting.
/// </summary>
internal sealed record DocumentInput(string Text, string? Path)
{
    private const long MostBytes = 1L << 30;

    /// <exception cref="DocumentAccessException">A file is missing or cannot be read.</exception>
    internal static DocumentInput From(PSCmdlet cmdlet, object input) => Locate(cmdlet, input)();

    /// <summary>Each of several, with wildcards in paths expanded.</summary>
    internal static IEnumerable<DocumentInput> FromMany(PSCmdlet cmdlet, IEnumerable<object> inputs)
    {
        foreach (Func<DocumentInput> read in LocateMany(cmdlet, inputs)) yield return read();
    }

    /// <summary>Finds documents, which only the pipeline's thread can; any other may then read them. Throws as <see cref="From"/> does.</summary>
    internal static IEnumerable<Func<DocumentInput>> LocateMany(PSCmdlet cmdlet, IEnumerable<object> inputs)
    {
        foreach (object input in inputs)
        {
            object value = input is PSObject wrapped ? wrapped.BaseObject : input;
            if (value is string text && WildcardPattern.ContainsWildcardCharacters(text) && !IsXml(text))
            {
                foreach (string path in cmdlet.GetResolvedProviderPathFromPSPath(text, out _))
                    yield return () => Read(path);
            }
            else
            {
                yield return Locate(cmdlet, input);
            }
        }
    }

    private static Func<DocumentInput> Locate(PSCmdlet cmdlet, object input)
    {
        object value = input is PSObject wrapped ? wrapped.BaseObject : input;
        if (value is string text) return IsXml(text) ? () => new DocumentInput(text, null) : At(text);
        if (value is FileInfo file) return () => Read(file.FullName);
        PSObject properties = PSObject.AsPSObject(input);
        if (properties.Properties["Document"]?.Value is { } document && document.ToString() is { Length: > 0 } carried)
            return () => new DocumentInput(carried, null);
        if (properties.Properties["Path"]?.Value is { } path && path.ToString() is { Length: > 0 } named)
            return At(named);
        throw new ArgumentException($"An object of type {value.GetType().Name} carries no document. Give a path, the XML, or what another command of this module returned.");

        Func<DocumentInput> At(string path)
        {
            string found = cmdlet.GetUnresolvedProviderPathFromPSPath(path);
            return () => Read(found);
        }
    }

    private static bool IsXml(string text) => text.TrimStart().StartsWith("<", StringComparison.Ordinal);

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
