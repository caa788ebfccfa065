using System;
using System.Collections.Generic;
using System.Text;

namespace TpmMigration.Signatures;

/// <summary>Certificates in files: one in DER, or any number in PEM with other text between them. RFC 7468, 5.</summary>
public static class CertificateText
{
    private const string Begin = "-----BEGIN CERTIFICATE-----", End = "-----END CERTIFICATE-----";

    /// <returns>Each in DER, not looked into; what has no PEM block is taken for DER.</returns>
    /// <exception cref="FormatException">A PEM block is cut off or not in base64.</exception>
    public static IReadOnlyList<byte[]> Split(byte[] content)
    {
        string text = Encoding.ASCII.GetString(content);
        if (!text.Contains(Begin)) return [content];
        List<byte[]> certificates = [];
        for (int at = text.IndexOf(Begin, StringComparison.Ordinal); at >= 0; at = text.IndexOf(Begin, at + 1, StringComparison.Ordinal))
        {
            int start = at + Begin.Length, end = text.IndexOf(End, start, StringComparison.Ordinal);
            if (end < 0) throw new FormatException("A certificate in PEM is cut off.");
            certificates.Add(Convert.FromBase64String(text.Substring(start, end - start)));
        }
        return certificates;
    }

    /// <summary>In PEM, with line feeds.</summary>
    public static string ToPem(byte[] der)
    {
        var text = new StringBuilder(Begin).Append('\n');
        string base64 = Convert.ToBase64String(der);
        for (int at = 0; at < base64.Length; at += 64) text.Append(base64, at, Math.Min(64, base64.Length - at)).Append('\n');
        return text.Append(End).Append('\n').ToString();
    }
}
