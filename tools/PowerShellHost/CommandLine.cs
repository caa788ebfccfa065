using System;
using System.Collections.Generic;

namespace PowerShellHost;

/// <summary>What the program was asked to run: a script file with its arguments, or a line of PowerShell.</summary>
internal sealed class CommandLine
{
    public const string Usage = "Usage: PowerShellHost [-NoProfile] [-NonInteractive] [-ShowProgress] -File script.ps1 [arguments] | -Command 'text'";

    public string? File { get; private set; }

    public string? Command { get; private set; }

    public bool NonInteractive { get; private set; }

    /// <summary>Tell progress line by line also where standard error is no terminal.</summary>
    public bool ShowProgress { get; private set; }

    public IReadOnlyList<string> Arguments { get; private set; } = [];

    /// <summary>Reads the arguments the way pwsh does: everything after -File or -Command belongs to the script.</summary>
    /// <exception cref="ArgumentException">An argument is unknown, or there is nothing to run.</exception>
    public static CommandLine Parse(string[] args)
    {
        var line = new CommandLine();
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i].ToUpperInvariant();
            string[] rest = args[(i + 1)..];
            switch (name)
            {
                case "-NOPROFILE" or "-NOLOGO":
                    break;
                case "-EXECUTIONPOLICY":
                    i++;
                    break;
                case "-NONINTERACTIVE":
                    line.NonInteractive = true;
                    break;
                case "-SHOWPROGRESS":
                    line.ShowProgress = true;
                    break;
                case "-COMMAND" or "-C" when rest.Length > 0:
                    line.Command = string.Join(' ', rest);
                    return line;
                case "-FILE" or "-F" when rest.Length > 0:
                    line.File = rest[0];
                    line.Arguments = rest[1..];
                    return line;
                case var _ when !name.StartsWith('-'):
                    line.File = args[i];
                    line.Arguments = rest;
                    return line;
                default:
                    throw new ArgumentException($"'{args[i]}' is not understood. {Usage}");
            }
        }

        throw new ArgumentException($"There is nothing to run. {Usage}");
    }
}
