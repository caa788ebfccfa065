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
    private const int FirstRuns = 5;
    private const int FurtherRuns = 5;

    private static string Plain => typeof(Report).Assembly.Location;

    /// <summary>This program with the engine compiled ahead.</summary>
    private static string Compiled => Path.Combine(AppContext.BaseDirectory, "compiled", Path.GetFileName(Plain));

    internal static void Print()
    {
        using SimulatedTpm tpm = SimulatedTpm.Start();
        using var folder = new TemporaryFolder("tpm-bench-");
        string store = folder["store"];
        Environment.SetEnvironmentVariable("TPMMIGRATION_TPM", tpm.ConnectionString);
        Environment.SetEnvironmentVariable("TPMMIGRATION_STORE", store);
        Fresh(Plain, "make", folder.FullPath, $"{Keys}");
        double tools = ToolsPerKey(tpm, store);

        Console.WriteLine($"Export of {Keys} ECC P-256 signing keys, each approved by a ticket, to one swtpm.");
        Console.WriteLine($"tpm2-tools, from {ToolKeys} keys: {tools:0.0} ms per key, its set-up not counted.");
        if (File.Exists(Compiled)) Print("PowerShell's engine compiled ahead, as it is installed", Compiled, folder.FullPath, tools);
        Print("PowerShell's engine from its package, compiled as it runs", Plain, folder.FullPath, tools);
        Console.WriteLine();
        Console.WriteLine("Per key: Load, PolicyAuthValue, PolicyTicket, PolicyCommandCode, Duplicate, FlushContext.");
        Console.WriteLine("Fewer cannot be: the key must be in the TPM and out again, and its policy has three parts that one Duplicate uses up.");
    }

    private static void Print(string title, string program, string folder, double tools)
    {
        ExportRun first = Median(Enumerable.Range(0, FirstRuns).SelectMany(_ => Exports(program, folder, 1)));
        ExportRun further = Median(Exports(program, folder, 1 + FurtherRuns).Skip(1));
        Console.WriteLine();
        Console.WriteLine($"{title,-60}{"measured",10}   limit");
        Row("tpm2-tools' time over ours, first run", tools * Keys / first.Total, "at least 20");
        Row("tpm2-tools' time over ours, further runs", tools * Keys / further.Total, "at least 20");
        Row("our time over waiting for the TPM, first run", first.Ratio, "at most 1.3");
        Row("our time over waiting for the TPM, further runs", further.Ratio, "at most 1.3");
        Row("TPM commands per exported key", further.Commands / Keys, "6");
        Row("Import-Module over a bare engine start, ms", ImportTime(program), "at most 150");
        Line($"first run, median of {FirstRuns} fresh processes", first);
        Line($"further runs in one process, median of {FurtherRuns}", further);
    }

    private static void Line(string what, ExportRun run) => Console.WriteLine(
        $"  {what}: {run.Total:0} ms, {run.Total / Keys:0.00} ms per key; {run.Waiting:0} ms waiting for the TPM, {run.Commands} commands");

    private static void Row(string what, double value, string limit) => Console.WriteLine($"{what,-60}{value,10:0.00}   {limit}");

    private static IEnumerable<ExportRun> Exports(string program, string folder, int runs) =>
        Fresh(program, "export", folder, $"{runs}").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ExportRun.FromLine);

    /// <summary>The run whose ratio lies in the middle.</summary>
    private static ExportRun Median(IEnumerable<ExportRun> runs)
    {
        ExportRun[] sorted = [.. runs.OrderBy(run => run.Ratio)];
        return sorted[sorted.Length / 2];
    }

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

    /// <summary>Milliseconds, from whole processes; the kinds are started in turns, so that a busy moment hits both.</summary>
    private static double ImportTime(string program)
    {
        List<double> bare = [], importing = [];
        for (int i = 0; i < Starts; i++)
        {
            bare.Add(Time("engine"));
            importing.Add(Time("import"));
        }
        return importing.Order().ElementAt(Starts / 2) - bare.Order().ElementAt(Starts / 2);

        double Time(string kind)
        {
            long start = Stopwatch.GetTimestamp();
            Fresh(program, kind);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
    }

    private static string Fresh(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"The process for '{arguments[0]}' failed with {process.ExitCode}.");
    }
}
