using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace TpmMigration.Bench;

/// <summary>A PowerShell engine, with or without the module.</summary>
internal sealed class Engine : IDisposable
{
    private readonly Runspace _runspace;

    public Engine(bool import)
    {
        _runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        _runspace.Open();
        Run(import ? "param($Module) Import-Module $Module" : "param($Module) $Module", Program.Module);
    }

    /// <summary>Runs a script; the first error ends it.</summary>
    public (IReadOnlyList<PSObject> Output, IReadOnlyList<string> Verbose) Run(string script, params object[] arguments)
    {
        using PowerShell shell = PowerShell.Create(_runspace);
        shell.AddScript(script);
        foreach (object argument in arguments) shell.AddArgument(argument);
        List<PSObject> output = [.. shell.Invoke(null, new PSInvocationSettings { ErrorActionPreference = ActionPreference.Stop })];
        return (output, [.. shell.Streams.Verbose.Select(v => v.Message)]);
    }

    public void Dispose() => _runspace.Dispose();
}
