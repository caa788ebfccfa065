using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading.Tasks;

namespace TpmMigration.Testing;

/// <summary>Runs a program to its end.</summary>
public static class ToolRunner
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <returns>What it printed.</returns>
    /// <exception cref="ToolFailedException">It ended with another code than 0, or not in time.</exception>
    public static string Run(string program, params string[] arguments) =>
        Run(program, arguments, new Dictionary<string, string>(), Environment.CurrentDirectory);

    internal static string Run(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string workingDirectory)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment) start.Environment[name] = value;

        using Process process = Process.Start(start)
            ?? throw new ToolFailedException($"{program} did not start.", -1, "");
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_limit))
        {
            process.Kill(entireProcessTree: true);
            throw new ToolFailedException(
                $"{program} {string.Join(' ', arguments)} did not end within {s_limit.TotalSeconds} s.", -1, "");
        }
        string text = output.GetAwaiter().GetResult();
        string complaint = error.GetAwaiter().GetResult();
        return process.ExitCode == 0
            ? text
            : throw new ToolFailedException(
                $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {complaint}{text}", process.ExitCode, complaint);
    }
}
