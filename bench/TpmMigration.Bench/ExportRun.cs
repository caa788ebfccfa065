using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace TpmMigration.Bench;

/// <summary>One run of the whole pipeline, from reading the store to the package on disk and the record of it in the store.</summary>
/// <param name="Total">Milliseconds of the pipeline as its user waits for it.</param>
/// <param name="Waiting">Milliseconds of them that were spent waiting for the TPM.</param>
/// <param name="Commands">TPM commands.</param>
internal sealed record ExportRun(double Total, double Waiting, int Commands)
{
    private const string Script = """
        param($Folder, $Approval)
        Get-TpmKey -Kind Migratable | Export-TpmMigrationPackage -Destination "$Folder/destination.xml" -Approval $Approval -Path "$Folder/package.xml" -Force -Verbose
        """;

    private static readonly Regex s_summary = new(@"^(\d+) TPM commands, ([\d.]+) ms");

    internal double Ratio => Total / Waiting;

    internal static ExportRun Take(Engine engine, string folder)
    {
        string[] approvals = System.IO.Directory.GetFiles(folder + "/approvals");
        long start = Stopwatch.GetTimestamp();
        (_, var verbose) = engine.Run(Script, folder, approvals);
        double total = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        Match summary = verbose.Select(line => s_summary.Match(line)).Single(m => m.Success);
        return new ExportRun(total, Number(summary.Groups[2].Value), (int)Number(summary.Groups[1].Value));
    }

    internal string ToLine() => string.Join(' ', new[] { Total, Waiting, Commands }.Select(n => n.ToString("R", CultureInfo.InvariantCulture)));

    internal static ExportRun FromLine(string line)
    {
        double[] numbers = [.. line.Trim().Split(' ').Select(Number)];
        return new ExportRun(numbers[0], numbers[1], (int)numbers[2]);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
