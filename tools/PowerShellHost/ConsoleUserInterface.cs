using System;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace PowerShellHost;

/// <summary>Writes to standard output and error, and asks its questions on standard input.</summary>
internal sealed partial class ConsoleUserInterface(bool nonInteractive, bool showProgress) : PSHostUserInterface
{
    private readonly object _gate = new();
    private bool _progressShown;

    /// <summary>What is written from now on tells of the script's failure, and belongs on standard error.</summary>
    public bool OutputIsError { get; set; }

    public override PSHostRawUserInterface RawUI { get; } = new ConsoleRawUserInterface();

    public override bool SupportsVirtualTerminal => !Console.IsOutputRedirected;

    public override void Write(string value)
    {
        lock (_gate)
        {
            ClearProgress();
            (OutputIsError ? Console.Error : Console.Out).Write(GetOutputString(value, OutputIsError ? !Console.IsErrorRedirected : SupportsVirtualTerminal));
        }
    }

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
    {
        if (Console.IsOutputRedirected)
        {
            Write(value);
            return;
        }

        lock (_gate)
        {
            ClearProgress();
            ConsoleColor foreground = Console.ForegroundColor;
            ConsoleColor background = Console.BackgroundColor;
            Console.ForegroundColor = foregroundColor;
            Console.BackgroundColor = backgroundColor;
            Console.Out.Write(value);
            Console.ForegroundColor = foreground;
            Console.BackgroundColor = background;
        }
    }

    public override void WriteLine(string value) => Write(value + Environment.NewLine);

    public override void WriteErrorLine(string value) => WriteToError(value);

    public override void WriteWarningLine(string message) => WriteToError("WARNING: " + message);

    public override void WriteVerboseLine(string message) => WriteToError("VERBOSE: " + message);

    public override void WriteDebugLine(string message) => WriteToError("DEBUG: " + message);

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        if (Console.IsErrorRedirected)
        {
            if (showProgress)
            {
                WriteToError($"PROGRESS: {record.Activity}: {record.StatusDescription}");
            }

            return;
        }

        lock (_gate)
        {
            ClearProgress();
            if (record.RecordType == ProgressRecordType.Processing)
            {
                string percent = record.PercentComplete >= 0 ? $" {record.PercentComplete} %" : string.Empty;
                string line = $"{record.Activity}: {record.StatusDescription}{percent}";
                int width = Math.Max(10, RawUI.BufferSize.Width - 1);
                Console.Error.Write(line.Length > width ? line[..width] : line);
                _progressShown = true;
            }
        }
    }

    public override string ReadLine()
    {
        if (nonInteractive)
        {
            throw new PSInvalidOperationException("The script asks for input, but runs with -NonInteractive.");
        }

        return Console.In.ReadLine() ?? throw new PSInvalidOperationException("The script asks for input, but standard input has ended.");
    }

    public override SecureString ReadLineAsSecureString()
    {
        var secret = new SecureString();
        if (Console.IsInputRedirected || nonInteractive)
        {
            foreach (char character in ReadLine())
            {
                secret.AppendChar(character);
            }

            return secret;
        }

        for (ConsoleKeyInfo key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                if (secret.Length > 0)
                {
                    secret.RemoveAt(secret.Length - 1);
                }
            }
            else if (key.KeyChar != '\0')
            {
                secret.AppendChar(key.KeyChar);
            }
        }

        WriteLine(string.Empty);
        return secret;
    }

    private void WriteToError(string line)
    {
        lock (_gate)
        {
            ClearProgress();
            Console.Error.WriteLine(GetOutputString(line, !Console.IsErrorRedirected));
        }
    }

    private void ClearProgress()
    {
        if (_progressShown)
        {
            // Carriage return, then "erase in line": the progress line gives way to what is written.
            Console.Error.Write("\r\u001b[K");
            _progressShown = false;
        }
    }
}
