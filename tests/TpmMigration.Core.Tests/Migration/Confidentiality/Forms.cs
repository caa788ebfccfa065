using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Xml.Linq;

namespace TpmMigration.Tests.Migration.Confidentiality;

/// <summary>Searches a document for bytes, in every form in which they could stand in it.</summary>
internal static class Forms
{
    /// <summary>Where the bytes stand; empty if nowhere.</summary>
    internal static IReadOnlyList<string> Find(string document, byte[] secret)
    {
        List<string> found = [];
        byte[] text = Encoding.UTF8.GetBytes(document);
        foreach ((string how, byte[] form) in new[] { ("as it is", secret), ("backwards", secret.Reverse().ToArray()) })
        {
            if (text.AsSpan().IndexOf(form) >= 0) found.Add($"raw, {how}");
            if (document.Contains(Convert.ToHexString(form), StringComparison.OrdinalIgnoreCase)) found.Add($"in hex, {how}");
            for (int skip = 0; skip < 3; skip++)
            {
                byte[] whole = form[skip..];
                // In longer data the secret begins at one of three places of a group; whole groups look alike wherever they stand.
                if (document.Contains(Convert.ToBase64String(whole[..(whole.Length / 3 * 3)]), StringComparison.Ordinal)) found.Add($"in base64 from byte {skip} on, {how}");
            }
            if (Blobs(document).Any(blob => blob.AsSpan().IndexOf(form) >= 0)) found.Add($"in a blob, {how}");
        }
        return found;
    }

    private static IEnumerable<byte[]> Blobs(string document)
    {
        foreach (string value in XDocument.Parse(document).Descendants().Where(e => !e.HasElements).Select(e => e.Value))
        {
            byte[] bytes = new byte[value.Length];
            if (Convert.TryFromBase64String(value, bytes, out int written)) yield return bytes[..written];
        }
    }
}
