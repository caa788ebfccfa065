using System;
using System.Collections.Generic;
using System.IO;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace PowerShellHost;

/// <summary>Runs a script on the PowerShell engine, for machines on which PowerShell itself is not installed.</summary>
internal static partial class Program
{
    private const int Failed = 1;
    private const int BadUsage = 64;
    private const int Interrupted = 130;

    public static int Main(string[] args)
    {
        CommandLine line;
        try
        {
            line = CommandLine.Parse(args);
        }
        catch (ArgumentException e)
        {
            Console.Error.WriteLine(e.Message);
            return BadUsage;
        }

        if (line.File is not null && !File.Exists(line.File))
        {
            Console.Error.WriteLine($"The script '{line.File}' does not exist.");
            return BadUsage;
        }

        var userInterface = new ConsoleUserInterface(line.NonInteractive, line.ShowProgress);
        var host = new ConsoleHost(userInterface);
        using Runspace runspace = RunspaceFactory.CreateRunspace(host, InitialSessionState.CreateDefault2());
        runspace.Open();
        Runspace.DefaultRunspace = runspace;
        return Run(line, host, userInterface, runspace);
    }

    private static int Run(CommandLine line, ConsoleHost host, ConsoleUserInterface userInterface, Runspace runspace)
    {
        using PowerShell shell = PowerShell.Create(runspace);
        bool interrupted = false;
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            interrupted = true;
            shell.BeginStop(null, null);
        });

        Compose(shell, line);
        try
        {
            shell.Invoke();
            return interrupted ? Interrupted : host.RequestedExitCode ?? 0;
        }
        catch (PipelineStoppedException)
        {
            return Interrupted;
        }
        catch (RuntimeException e)
        {
            Report(e, runspace, userInterface);
            return Failed;
        }
    }

    private static void Compose(PowerShell shell, CommandLine line)
    {
        shell.AddScript(line.File is null ? line.Command : Invocation(line.File, line.Arguments));
        shell.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        shell.AddCommand("Out-Default");
    }

    /// <summary>The call as it would be typed: '-Name' and '-Name:value' are parameters, all else is literal text.</summary>
    private static string Invocation(string file, IReadOnlyList<string> arguments)
    {
        var text = new StringBuilder("& ").Append(Quote(Path.GetFullPath(file)));
        foreach (string argument in arguments)
        {
            Match parameter = ParameterName().Match(argument);
            string value = argument[parameter.Length..];
            text.Append(' ').Append(parameter.Value);
            if (parameter.Length == 0 || value.Length > 0)
            {
                text.Append(Quote(value));
            }
        }

        // A native program leaves its own exit code in LASTEXITCODE, but only a script that ended by 'exit' also fails the call.
        // A script that cannot be parsed fails it without any exit code.
        return text.Append("; if (-not $?) { if ($LASTEXITCODE) { exit $LASTEXITCODE } else { exit 1 } }").ToString();
    }

    private static string Quote(string text) => "'" + CodeGeneration.EscapeSingleQuotedStringContent(text) + "'";

    private static void Report(RuntimeException error, Runspace runspace, ConsoleUserInterface userInterface)
    {
        // The engine's own view of an error: with the script, the line and the reason.
        userInterface.OutputIsError = true;
        using PowerShell view = PowerShell.Create(runspace);
        view.AddCommand("Out-Default").AddParameter("InputObject", error.ErrorRecord).Invoke();
    }

    [GeneratedRegex(@"^-[A-Za-z_?][^:\s]*(:|$)")]
    private static partial Regex ParameterName();
}
