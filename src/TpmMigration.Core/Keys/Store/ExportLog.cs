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
/// <param name="AttestationKeyName">The TPM name of the attestation key that certified the new parent in that document; null where none did.</param>
public sealed record KeyExport(DateTime Time, Guid PackageId, byte[] DestinationName, string DestinationHost, byte[]? AttestationKeyName = null);

/// <summary>
/// The last export of each key, by the key's TPM name: one small file beside the keys, so that exporting many keys writes one file and
/// touches none of theirs. It tells users when a key was last saved, and which receipt is for it. A line that cannot be read is none.
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
                .Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(export.DestinationHost))).Append(Separator)
                .Append(Convert.ToBase64String(export.AttestationKeyName ?? [])).Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static (string Key, KeyExport Export)? Parse(string line)
    {
        string[] parts = line.Split(Separator);
        // Lines of earlier releases end with the host.
        if (parts.Length is not (5 or 6)
            || !DateTime.TryParseExact(parts[1], "o", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime time)
            || !Guid.TryParseExact(parts[2], "D", out Guid package))
            return null;
        try
        {
            byte[] attestationKey = parts.Length == 6 ? Convert.FromBase64String(parts[5]) : [];
            return (parts[0], new KeyExport(
                time, package, Convert.FromBase64String(parts[3]), Encoding.UTF8.GetString(Convert.FromBase64String(parts[4])), attestationKey.Length == 0 ? null : attestationKey));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
