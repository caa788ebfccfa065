using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace TpmMigration.Keys;

/// <summary>One file that a commit puts in place or deletes.</summary>
/// <param name="FileName">The file in the store's folder.</param>
/// <param name="Hash">The SHA-256 of its new content in hexadecimal digits, or null if it is deleted.</param>
internal sealed record StoreFileChange(string FileName, string? Hash);

/// <summary>The decided list of file changes of a commit. The n-th change's new content is the staged file of that number.</summary>
internal static class StoreJournal
{
    private static readonly char[] Space = { ' ' };

    private const string Header = "tpm-migration store journal 1";

    public static byte[] Write(IEnumerable<StoreFileChange> changes)
    {
        string body = Header + "\n" + string.Concat(changes.Select(c => (c.Hash is null ? "delete -" : "put " + c.Hash) + " " + c.FileName + "\n"));
        return Encoding.UTF8.GetBytes(body + "end " + KeyRecordXml.Hash(Encoding.UTF8.GetBytes(body)) + "\n");
    }

    /// <exception cref="InvalidDataException">The journal is not one that <see cref="Write"/> made.</exception>
    public static IReadOnlyList<StoreFileChange> Read(byte[] bytes)
    {
        string[] lines = Encoding.UTF8.GetString(bytes).Split('\n');
        if (lines.Length < 3 || lines[0] != Header) throw new InvalidDataException("It does not begin like a journal.");
        StoreFileChange[] changes = lines.Skip(1).Take(lines.Length - 3).Select(ReadLine).ToArray();
        if (!Enumerable.SequenceEqual(Write(changes), bytes)) throw new InvalidDataException("Its content does not agree with its checksum.");
        return changes;
    }

    private static StoreFileChange ReadLine(string line)
    {
        string[] parts = line.Split(Space, 3);
        if (parts.Length != 3 || !MayChange(parts[2])) throw new InvalidDataException("A line is not one of a journal.");
        return new StoreFileChange(parts[2], parts[0] == "put" ? parts[1] : null);
    }

    private static bool MayChange(string fileName) => fileName == StorePaths.MigratedName || (StorePaths.KeyNameOf(fileName) is { } name && KeyName.IsValid(name));
}
