using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace TpmMigration.Cmdlets.Tests;

/// <summary>A PowerShell session with the module imported from out/TpmMigration, as a user has it.</summary>
internal sealed class ModuleSession : IDisposable
{
    private readonly Runspace _runspace;

    /// <summary>Opens one session before all others: several at once that are the first of their process are now and then left without Import-Module.</summary>
    static ModuleSession()
    {
        using var first = new ModuleSession();
    }

    /// <param name="setup">Script that runs before the module is imported.</param>
    public ModuleSession(string? setup = null)
    {
        _runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        _runspace.Open();
        if (setup is not null)
        {
            Run(setup).ThrowIfFailed();
        }

        Run("param($Module) Import-Module $Module -ErrorAction Stop", new { Repository.Module }).ThrowIfFailed();
    }

    public Runspace Runspace => _runspace;

    /// <summary>Runs a script; the properties of <paramref name="parameters"/> (or the entries of a dictionary) are its named parameters.</summary>
    public ModuleSessionResult Run(string script, object? parameters = null, IEnumerable? input = null)
    {
        using PowerShell shell = PowerShell.Create(_runspace);
        shell.AddScript(script);
        foreach ((string name, object? value) in Named(parameters))
        {
            shell.AddParameter(name, value);
        }

        RuntimeException? terminating = null;
        var output = new List<PSObject>();
        try
        {
            shell.Invoke(input, output);
        }
        catch (RuntimeException e)
        {
            terminating = e;
        }

        return new ModuleSessionResult
        {
            Output = output,
            Errors = [.. shell.Streams.Error],
            Warnings = [.. shell.Streams.Warning.Select(record => record.Message)],
            Debug = [.. shell.Streams.Debug.Select(record => record.Message)],
            Verbose = [.. shell.Streams.Verbose.Select(record => record.Message)],
            Information = [.. shell.Streams.Information.Select(record => record.MessageData.ToString() ?? string.Empty)],
            Progress = [.. shell.Streams.Progress],
            Terminating = terminating?.ErrorRecord,
        };
    }

    public void Dispose() => _runspace.Dispose();

    private static IEnumerable<(string Name, object? Value)> Named(object? parameters) => parameters switch
    {
        null => [],
        IDictionary dictionary => dictionary.Cast<DictionaryEntry>().Select(entry => ((string)entry.Key, entry.Value)),
        _ => parameters.GetType().GetProperties().Select(property => (property.Name, property.GetValue(parameters))),
    };
}
