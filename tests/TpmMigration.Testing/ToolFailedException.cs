using System;

namespace TpmMigration.Testing;

/// <summary>A program run against a simulated TPM ended with an error, or not at all.</summary>
public sealed class ToolFailedException : Exception
{
    public ToolFailedException(string message, int exitCode, string standardError) : base(message)
    {
        ExitCode = exitCode;
        StandardError = standardError;
    }

    public int ExitCode { get; }

    public string StandardError { get; }
}
