using System;
using System.Collections.Generic;
using System.IO;
using System.Management.Automation;
using System.Text;

namespace TpmMigration.Cmdlets;

/// <summary>Reads X.509 certificates from files, in DER or PEM.</summary>
internal static class CertificateFiles
{
    private const string Begin = "-----BEGIN CERTIFICATE-----";
    private const string End = "-----END CERTIFICATE-----";

    /// <returns>Each certificate in DER.</returns>
    /// <exception cref="DocumentAccessException">A file is missing, cannot be read, or is no certificate.</exception>
    internal static IEnumerable<byte[]> Read(PSCmdlet cmdlet, IEnumerable<string> paths)
    {
        foreach (string named in paths)
        {
            IEnumerable<string> files = WildcardPattern.ContainsWildcardCharacters(named)
                ? cmdlet.GetResolvedProviderPathFromPSPath(named, out _)
                : [cmdlet.GetUnresolvedProviderPathFromPSPath(named)];
            foreach (string file in files)
            {
                foreach (byte[] certificate in ReadFile(file)) yield return certificate;
            }
        }
    }

    private static List<byte[]> ReadFile(string path)
    {
        byte[] content;
        try
        {
            content = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DocumentAccessException(e is FileNotFoundException or DirectoryNotFoundException ? DocumentFault.NotFound : DocumentFault.NotReadable, $"The certificate file '{path}' cannot be read: {e.Message}", e);
        }
        string text = Encoding.ASCII.GetString(content);
        if (!text.Contains(Begin)) return [content];
        List<byte[]> certificates = [];
        try
        {
            for (int at = text.IndexOf(Begin, StringComparison.Ordinal); at >= 0; at = text.IndexOf(Begin, at + 1, StringComparison.Ordinal))
            {
                int start = at + Begin.Length;
                int end = text.IndexOf(End, start, StringComparison.Ordinal);
                if (end < 0) throw new FormatException();
                certificates.Add(Convert.FromBase64String(text.Substring(start, end - start)));
            }
        }
        catch (FormatException e)
        {
            throw new DocumentAccessException(DocumentFault.NotReadable, $"The certificate file '{path}' is damaged.", e);
        }
        return certificates;
    }
}
