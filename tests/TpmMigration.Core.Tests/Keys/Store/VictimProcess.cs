using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using TpmMigration.Victim;

namespace TpmMigration.Tests.Keys.Store;

/// <summary>Runs tests/TpmMigration.Victim, which may not come back.</summary>
internal static class VictimProcess
{
    /// <summary>128 + SIGKILL, as a shell reports it.</summary>
    public const int Killed = 137;

    public static Process Start(string scenario, string store, int number = 0, Moment moment = Moment.Never, params string[] more)
    {
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "TpmMigration.Victim.dll"), scenario, store, number.ToString(CultureInfo.InvariantCulture), moment.ToString(), .. more];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        return Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
    }

    /// <summary>Runs the scenario to its end and returns its exit code and the file operations it survived.</summary>
    public static (int ExitCode, IReadOnlyList<string> Operations) Run(string scenario, string store, int number = 0, Moment moment = Moment.Never, params string[] more)
    {
        using Process process = Start(scenario, store, number, moment, more);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
