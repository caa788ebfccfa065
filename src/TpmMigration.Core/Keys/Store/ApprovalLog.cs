using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;

namespace TpmMigration.Keys;

/// <summary>An approval that is good for one package, after that package was made.</summary>
/// <param name="Id">The approval's.</param>
/// <param name="ValidUntil">UTC; after that it need not be remembered.</param>
public sealed record UsedApproval(Guid Id, DateTime ValidUntil);

/// <summary>
/// The approvals that were used up: one small file beside the keys. A line that cannot be read is an error, since forgetting it would let
/// an approval be used twice.
/// </summary>
internal static class ApprovalLog
{
    private const char Separator = '\t';

    /// <exception cref="FormatException">The file is damaged.</exception>
    internal static IReadOnlyList<UsedApproval> Read(string path) =>
        !File.Exists(path) || StorePaths.IsLink(path) ? [] : File.ReadAllLines(path, Encoding.UTF8).Select(Parse).ToList();

    /// <summary>Without those that have ended by themselves.</summary>
    internal static byte[] Write(IEnumerable<UsedApproval> used, DateTime utc) => Encoding.UTF8.GetBytes(string.Concat(
        used.Where(each => each.ValidUntil >= utc).Select(each => $"{each.Id:D}{Separator}{each.ValidUntil.ToString("o", CultureInfo.InvariantCulture)}\n")));

    private static UsedApproval Parse(string line)
    {
        string[] parts = line.Split(Separator);
        return parts.Length == 2
            && Guid.TryParseExact(parts[0], "D", out Guid id)
            && DateTime.TryParseExact(parts[1], "o", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime until)
            ? new UsedApproval(id, until)
            : throw new FormatException("a line is not of the form that this module writes");
    }
}
