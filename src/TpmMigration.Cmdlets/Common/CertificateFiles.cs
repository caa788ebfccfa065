using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Signatures;

namespace TpmMigration.Cmdlets;

/// <summary>Reads X.509 certificates from files, in DER or PEM, or from all such files of a folder.</summary>
internal static class CertificateFiles
{
    private static readonly string[] Extensions = [".cer", ".crt", ".der", ".pem"];

    /// <returns>Each certificate in DER.</returns>
    /// <exception cref="DocumentAccessException">A file is missing, cannot be read, or is no certificate; a folder has none.</exception>
    internal static IEnumerable<byte[]> Read(PSCmdlet cmdlet, IEnumerable<string> paths)
    {
        foreach (string named in paths)
        {
            IEnumerable<string> files = WildcardPattern.ContainsWildcardCharacters(named)
                ? cmdlet.GetResolvedProviderPathFromPSPath(named, out _)
                : [cmdlet.GetUnresolvedProviderPathFromPSPath(named)];
            foreach (string file in files.SelectMany(path => Directory.Exists(path) ? FilesOf(path) : [path]))
            {
                foreach (byte[] certificate in ReadFile(file)) yield return certificate;
            }
        }
    }

    /// <summary>In the order of their names, without those of folders below.</summary>
    private static IReadOnlyList<string> FilesOf(string folder)
    {
        string[] files;
        try
        {
            files = Directory.GetFiles(folder).Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)).OrderBy(file => file, StringComparer.Ordinal).ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DocumentAccessException(DocumentFault.NotReadable, $"The folder '{folder}' cannot be read: {e.Message}", e);
        }
        return files.Length != 0
            ? files
            : throw new DocumentAccessException(DocumentFault.NotFound, $"There is no certificate in the folder '{folder}': no file whose name ends in {string.Join(", ", Extensions)}.");
    }

    /// <summary>The content of a file of certificates.</summary>
    /// <exception cref="DocumentAccessException">It is missing or cannot be read.</exception>
    internal static byte[] Content(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DocumentAccessException(e is FileNotFoundException or DirectoryNotFoundException ? DocumentFault.NotFound : DocumentFault.NotReadable, $"The certificate file '{path}' cannot be read: {e.Message}", e);
        }
    }

    private static IReadOnlyList<byte[]> ReadFile(string path)
    {
        byte[] content = Content(path);
        try
        {
            return CertificateText.Split(content);
        }
        catch (FormatException e)
        {
            throw new DocumentAccessException(DocumentFault.NotReadable, $"The certificate file '{path}' is damaged.", e);
        }
    }
}
