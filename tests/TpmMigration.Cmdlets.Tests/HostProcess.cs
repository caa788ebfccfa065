using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading;

namespace TpmMigration.Cmdlets.Tests;

/// <summary>tools/PowerShellHost as a process of its own.</summary>
internal sealed class HostProcess : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly BlockingCollection<string> _errorLines = [];

    private HostProcess(string[] arguments)
    {
        // Who runs the tests in the background may have Ctrl+C ignored, and programs inherit that.
        var start = new ProcessStartInfo("env")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("--default-signal=INT");
        start.ArgumentList.Add("dotnet");
        start.ArgumentList.Add(Repository.PowerShellHost);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                _errorLines.CompleteAdding();
            }
            else
            {
                _errorLines.Add(line.Data);
            }
        };
        _process.BeginErrorReadLine();
    }

    public static HostProcess Start(params string[] arguments) => new(arguments);

    /// <summary>Runs to the end, with nothing on standard input.</summary>
    public static Result Run(params string[] arguments) => RunWithInput(string.Empty, arguments);

    public static Result RunWithInput(string input, params string[] arguments)
    {
        using HostProcess host = Start(arguments);
        host._process.StandardInput.Write(input);
        host._process.StandardInput.Close();
        return host.WaitForEnd();
    }

    public string? ReadLine() => _process.StandardOutput.ReadLine();

    /// <summary>The next line on standard error; null at its end.</summary>
    public string? ReadErrorLine() => _errorLines.TryTake(out string? line, -1) ? line : null;

    /// <summary>Sends the signal that Ctrl+C sends.</summary>
    public void Interrupt() => _ = Kill(_process.Id, 2);

    /// <summary>Waits, but not for ever: what does not end is killed, and its exit code says so.</summary>
    public Result WaitForEnd()
    {
        using var limit = new Timer(_ => _process.Kill(), null, s_patience, Timeout.InfiniteTimeSpan);
        string output = _process.StandardOutput.ReadToEnd();
        _process.WaitForExit();
        var error = new List<string>(_errorLines.GetConsumingEnumerable());
        return new Result(_process.ExitCode, output, string.Join('\n', error));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
        _errorLines.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);

    internal sealed record Result(int ExitCode, string Output, string Error)
    {
        public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
