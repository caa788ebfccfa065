using System;
using System.Diagnostics;
using System.Management.Automation;
using System.Threading;
using Xunit;

namespace TpmMigration.Cmdlets.Tests;

/// <summary>A script under way in a session, to be stopped in the middle of its work.</summary>
internal sealed class RunningScript : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly PowerShell _shell;
    private readonly PSDataCollection<PSObject> _output = [];
    private readonly ManualResetEventSlim _begun = new();

    internal RunningScript(ModuleSession session, string script)
    {
        _shell = PowerShell.Create(session.Runspace);
        _shell.AddScript(script);
        _output.DataAdded += (_, _) => _begun.Set();
        _shell.BeginInvoke<PSObject, PSObject>(null, _output);
    }

    internal PSInvocationState State => _shell.InvocationStateInfo.State;

    internal void WaitForFirstOutput() => Assert.True(_begun.Wait(s_patience), $"No output; the script is {State}: {_shell.InvocationStateInfo.Reason}");

    /// <summary>Stops the script, as a host does on Ctrl+C.</summary>
    /// <returns>How long that took.</returns>
    internal TimeSpan Stop()
    {
        var watch = Stopwatch.StartNew();
        _shell.Stop();
        return watch.Elapsed;
    }

    public void Dispose()
    {
        _shell.Dispose();
        _output.Dispose();
        _begun.Dispose();
    }
}
