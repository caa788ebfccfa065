using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;

namespace TpmMigration.Bench;

/// <summary>Takes a TSS2 key file apart into what tpm2_load wants: its last two elements are TPM2B_PUBLIC and TPM2B_PRIVATE.</summary>
internal static class KeyFileParts
{
    internal static void Write(string pemPath, string publicPath, string privatePath)
    {
        string pem = File.ReadAllText(pemPath);
        byte[] der = System.Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
        var elements = new List<byte[]>();
        (int at, _) = Content(der, 0);
        while (at < der.Length)
        {
            (int start, int length) = Content(der, at);
            elements.Add(der[start..(start + length)]);
            at = start + length;
        }
        File.WriteAllBytes(publicPath, elements[^2]);
        File.WriteAllBytes(privatePath, elements[^1]);
    }

    /// <summary>Where the content of the DER element at a place begins, and its length in bytes.</summary>
    private static (int Start, int Length) Content(byte[] der, int at)
    {
        int first = der[at + 1];
        if (first < 0x80) return (at + 2, first);
        int length = 0;
        for (int i = 0; i < first - 0x80; i++) length = length << 8 | der[at + 2 + i];
        return (at + 2 + first - 0x80, length);
    }
}
