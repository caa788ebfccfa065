using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace TpmMigration.Authority.Hosting;

/// <summary>What commands show: a table with columns that stand under each other, or one line of JSON for each row.</summary>
internal static class CommandOutput
{
    // Certificates name people in all scripts; what shows text decides about it.
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static Option<bool> JsonOption() => new("--json") { Description = "As lines of JSON, for scripts." };

    internal static string Json(object row) => JsonSerializer.Serialize(row, Readable);

    /// <summary>Writes rows.</summary>
    /// <param name="output">Where.</param>
    /// <param name="rows">What there is.</param>
    /// <param name="json">Whether as JSON.</param>
    /// <param name="shown">The object of a row for JSON.</param>
    /// <param name="columns">Headings, and what a row has under them.</param>
    internal static void Write<T>(TextWriter output, IReadOnlyList<T> rows, bool json, Func<T, object> shown, params (string Heading, Func<T, string> Text)[] columns)
    {
        if (json)
        {
            foreach (T row in rows) output.WriteLine(Json(shown(row)));
            return;
        }
        if (rows.Count == 0) return;
        List<string[]> lines = [columns.Select(column => column.Heading).ToArray(), .. rows.Select(row => columns.Select(column => Plain(column.Text(row))).ToArray())];
        int[] widths = [.. columns.Select((_, index) => lines.Max(line => line[index].Length))];
        foreach (string[] line in lines) output.WriteLine(string.Join("  ", line.Select((cell, index) => cell.PadRight(widths[index]))).TrimEnd());
    }

    /// <summary>What came from outside must not command a terminal.</summary>
    internal static string Plain(string text) => new([.. text.Select(c => char.IsControl(c) ? '?' : c)]);
}
