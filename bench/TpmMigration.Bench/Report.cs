using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using TpmMigration.Testing;

namespace TpmMigration.Bench;

/// <summary>Measures and prints.</summary>
internal static class Report
{
    private const int Keys = 200;
    private const int ToolKeys = 20;
    private const int Starts = 7;

    internal static void Print()
    {
        using SimulatedTpm tpm = SimulatedTpm.Start();
        using var folder = new TemporaryFolder("tpm-bench-");
        string store = folder["store"];
        Environment.SetEnvironmentVariable("TPMMIGRATION_TPM", tpm.ConnectionString);
        Environment.SetEnvironmentVariable("TPMMIGRATION_STORE", store);
        Fresh("make", folder.FullPath, $"{Keys}");

        ExportRun first = ExportRun.FromLine(Fresh("export", folder.FullPath));
        ExportRun second;
        using (var engine = new Engine(import: true))
        {
            ExportRun.Take(engine, folder.FullPath);
            second = ExportRun.Take(engine, folder.FullPath);
        }
        double tools = ToolsPerKey(tpm, store);
        double import = Median("import") - Median("engine");

        Console.WriteLine($"Export of {Keys} ECC P-256 signing keys, each approved by a ticket, to one swtpm:");
        Line("first run in a fresh process", first);
        Line("second run in one process", second);
        Console.WriteLine($"  tpm2-tools, from {ToolKeys} keys: {tools:0.0} ms per key, its set-up not counted");
        Console.WriteLine();
        Console.WriteLine($"{"",-52}{"measured",10}   limit");
        Row("tpm2-tools' time over ours, first run", tools * Keys / first.Total, "at least 20");
        Row("tpm2-tools' time over ours, second run", tools * Keys / second.Total, "at least 20");
        Row("our time over waiting for the TPM, first run", first.Ratio, "at most 1.3");
        Row("our time over waiting for the TPM, second run", second.Ratio, "at most 1.3");
        Row("TPM commands per exported key", second.Commands / Keys, "6");
        Row("Import-Module over a bare engine start, ms", import, "at most 150");
        Console.WriteLine();
        Console.WriteLine($"Per key: Load, PolicyAuthValue, PolicyTicket, PolicyCommandCode, Duplicate, FlushContext; {second.Commands % Keys} commands once for all.");
        Console.WriteLine("Fewer cannot be: the key must be in the TPM and out again, and its policy has three parts that one Duplicate uses up.");
    }

    private static void Line(string what, ExportRun run) => Console.WriteLine(
        $"  {what}: {run.Total:0} ms, {run.Total / Keys:0.00} ms per key; {run.Waiting:0} ms waiting for the TPM, {run.Commands} commands");

    private static void Row(string what, double value, string limit) => Console.WriteLine($"{what,-52}{value,10:0.00}   {limit}");

    /// <summary>Milliseconds; what the script does once is measured without keys and taken off.</summary>
    private static double ToolsPerKey(SimulatedTpm tpm, string store)
    {
        string[] names = [.. Enumerable.Range(1, ToolKeys).Select(i => $"key{i}")];
        foreach (string name in names)
            KeyFileParts.Write(Path.Combine(store, name + ".pem"), Path.Combine(tpm.WorkDirectory, name + ".pub"), Path.Combine(tpm.WorkDirectory, name + ".priv"));
        string script = Path.Combine(AppContext.BaseDirectory, "tools-export.sh");
        double Time(IEnumerable<string> keys)
        {
            long start = Stopwatch.GetTimestamp();
            tpm.Tool("bash", [script, tpm.WorkDirectory, .. keys]);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        double setUp = Time([]);
        return (Time(names) - setUp) / ToolKeys;
    }

    private static readonly Dictionary<string, List<double>> s_starts = [];

    /// <summary>Milliseconds of a whole process; the kinds are started in turns, so that a busy moment hits both.</summary>
    private static double Median(string kind)
    {
        while (s_starts.Count == 0 || s_starts["engine"].Count < Starts)
        {
            foreach (string each in new[] { "engine", "import" })
            {
                long start = Stopwatch.GetTimestamp();
                Fresh(each);
                if (!s_starts.TryGetValue(each, out List<double>? times)) s_starts[each] = times = [];
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }
        return s_starts[kind].Order().ElementAt(Starts / 2);
    }

    private static string Fresh(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Report).Assembly.Location, .. arguments]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"The process for '{arguments[0]}' failed with {process.ExitCode}.");
    }
}
