using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;

namespace TpmMigration.Keys;

/// <summary>
/// The keys that moved away, a line for each, the oldest first. The file changes in the same step in which the keys go. It tells users what
/// became of a key; nothing else depends on it. A line that cannot be read is none, and is kept.
/// </summary>
internal static class MigratedLog
{
    private const char Separator = '\t';
    private const int Parts = 7;

    internal static IReadOnlyList<MigratedKey> Read(string path)
    {
        List<MigratedKey> keys = [];
        if (!File.Exists(path) || StorePaths.IsLink(path)) return keys;
        foreach (string line in File.ReadAllLines(path, Encoding.UTF8))
        {
            if (Parse(line) is { } key) keys.Add(key);
        }
        return keys;
    }

    /// <summary>What the file is to hold with more keys in it.</summary>
    internal static byte[] Append(string path, IEnumerable<MigratedKey> keys)
    {
        var text = new StringBuilder(File.Exists(path) && !StorePaths.IsLink(path) ? File.ReadAllText(path, Encoding.UTF8) : string.Empty);
        if (text.Length != 0 && text[text.Length - 1] != '\n') text.Append('\n');
        foreach (MigratedKey key in keys)
        {
            text.Append(Text(key.Name)).Append(Separator)
                .Append(Convert.ToBase64String(key.TpmName)).Append(Separator)
                .Append(key.Time.ToString("o", CultureInfo.InvariantCulture)).Append(Separator)
                .Append(Text(key.DestinationHost)).Append(Separator)
                .Append(Convert.ToBase64String(key.DestinationName)).Append(Separator)
                .Append(key.PackageId.ToString("D")).Append(Separator)
                .Append(key.ReceiptId.ToString("D")).Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static MigratedKey? Parse(string line)
    {
        string[] parts = line.Split(Separator);
        if (parts.Length != Parts
            || !DateTime.TryParseExact(parts[2], "o", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime time)
            || !Guid.TryParseExact(parts[5], "D", out Guid package)
            || !Guid.TryParseExact(parts[6], "D", out Guid receipt))
            return null;
        try
        {
            return new MigratedKey(TextOf(parts[0]), Convert.FromBase64String(parts[1]), time, TextOf(parts[3]), Convert.FromBase64String(parts[4]), package, receipt);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static string Text(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string TextOf(string text) => Encoding.UTF8.GetString(Convert.FromBase64String(text));
}
