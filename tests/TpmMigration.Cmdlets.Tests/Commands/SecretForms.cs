using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>The forms in which a secret could stand in a text.</summary>
internal static class SecretForms
{
    /// <summary>The form in which the secret stands in the text; null if in none: as it is, or its UTF-8 or UTF-16 bytes in hex or base64.</summary>
    internal static string? Find(string text, string secret)
    {
        string dense = text.Replace("-", string.Empty, StringComparison.Ordinal).Replace(" ", string.Empty, StringComparison.Ordinal).Replace(":", string.Empty, StringComparison.Ordinal);
        if (text.Contains(secret, StringComparison.OrdinalIgnoreCase)) return "text";
        foreach (Encoding encoding in new[] { Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode })
        {
            byte[] bytes = encoding.GetBytes(secret);
            if (dense.Contains(Convert.ToHexString(bytes), StringComparison.OrdinalIgnoreCase)) return $"hex of {encoding.WebName}";
            if (Base64(bytes).Any(form => text.Contains(form, StringComparison.Ordinal))) return $"base64 of {encoding.WebName}";
            if (text.Contains(string.Join(' ', bytes), StringComparison.Ordinal)) return $"bytes of {encoding.WebName}";
        }
        return null;
    }

    /// <summary>As part of longer data it may begin at any of three places in a group; only whole groups are sure to look alike.</summary>
    private static IEnumerable<string> Base64(byte[] bytes)
    {
        for (int skip = 0; skip < 3; skip++)
        {
            byte[] whole = bytes[skip..];
            yield return Convert.ToBase64String(whole[..(whole.Length / 3 * 3)]);
        }
    }
}
