using System.Collections.Generic;
using System.Management.Automation;
using Xunit;

namespace TpmMigration.Cmdlets.Tests;

/// <summary>All that came out of a script, stream by stream.</summary>
internal sealed record ModuleSessionResult
{
    public required IReadOnlyList<PSObject> Output { get; init; }

    /// <summary>The non-terminating errors.</summary>
    public required IReadOnlyList<ErrorRecord> Errors { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required IReadOnlyList<string> Debug { get; init; }

    public required IReadOnlyList<string> Verbose { get; init; }

    public required IReadOnlyList<string> Information { get; init; }

    public required IReadOnlyList<ProgressRecord> Progress { get; init; }

    /// <summary>The error that ended the script, if one did.</summary>
    public required ErrorRecord? Terminating { get; init; }

    /// <summary>Fails the test, with the errors in its message, if there was any error.</summary>
    public ModuleSessionResult ThrowIfFailed()
    {
        Assert.True(Terminating is null, $"{Terminating?.FullyQualifiedErrorId}: {Terminating}\n{Terminating?.Exception}");
        Assert.Empty(Errors);
        return this;
    }
}
