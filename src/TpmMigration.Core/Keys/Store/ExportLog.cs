using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;

namespace TpmMigration.Keys;

/// <summary>One export of a key.</summary>
/// <param name="Time">UTC.</param>
/// <param name="PackageId">The migration package it went into.</param>
/// <param name="DestinationName">The TPM name of the new parent (algorithm and digest).</param>
/// <param name="DestinationHost">The host the destination document named; empty if none.</param>
public sealed record KeyExport(DateTime Time, Guid PackageId, byte[] DestinationName, string DestinationHost);

/// <summary>
/// The last export of each key, by the key's TPM name: one small file beside the keys, so that exporting many keys writes one file and
/// touches none of theirs. It tells users when a key was last saved; nothing else depends on it, and a line that cannot be read is none.
/// </summary>
internal static class ExportLog
{
    private const char Separator = '\t';

    /// <summary>The key under which a TPM name is listed.</summary>
    internal static string KeyOf(byte[] tpmName) => Convert.ToBase64String(tpmName);

    internal static Dictionary<string, KeyExport> Read(string path)
    {
        Dictionary<string, KeyExport> exports = [];
        if (!File.Exists(path) || StorePaths.IsLink(path)) return exports;
        foreach (string line in File.ReadAllLines(path, Encoding.UTF8))
        {
            if (Parse(line) is { } entry) exports[entry.Key] = entry.Export;
        }
        return exports;
    }

    internal static byte[] Write(IReadOnlyDictionary<string, KeyExport> exports)
    {
        var text = new StringBuilder();
        foreach (string key in exports.Keys.OrderBy(k => k, StringComparer.Ordinal))
        {
            KeyExport export = exports[key];
            text.Append(key).Append(Separator)
                .Append(export.Time.ToString("o", CultureInfo.InvariantCulture)).Append(Separator)
                .Append(export.PackageId.ToString("D")).Append(Separator)
                .Append(Convert.ToBase64String(export.DestinationName)).Append(Separator)
                .Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(export.DestinationHost))).Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static (string Key, KeyExport Export)? Parse(string line)
    {
        string[] parts = line.Split(Separator);
        if (parts.Length != 5
            || !DateTime.TryParseExact(parts[1], "o", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime time)
            || !Guid.TryParseExact(parts[2], "D", out Guid package))
            return null;
        try
        {
            return (parts[0], new KeyExport(time, package, Convert.FromBase64String(parts[3]), Encoding.UTF8.GetString(Convert.FromBase64String(parts[4]))));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
