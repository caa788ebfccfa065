using System;
using System.Management.Automation;
using System.Threading;

namespace TpmMigration.Cmdlets;

/// <summary>What all cmdlets share: errors in one form, and an end on Ctrl+C that cleans up.</summary>
public abstract class TpmMigrationCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();

    /// <summary>Cancelled by Ctrl+C.</summary>
    protected CancellationToken Cancellation => _cancellation.Token;

    /// <summary>Whether the command only tells what it would do, by -WhatIf or $WhatIfPreference.</summary>
    protected bool OnlyTells => MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? given)
        ? given is SwitchParameter { IsPresent: true }
        : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

    /// <summary>Writes an error that ends nothing: for what is only told, all there is to tell.</summary>
    /// <returns>Whether it is an error that users know.</returns>
    protected bool Tell(Exception error, object? target)
    {
        if (ErrorMap.Find(error) is not { } known) return false;
        WriteError(known.ToRecord(error, target));
        return true;
    }

    /// <summary>Runs one unit of work; what fails in it becomes an error record, and ends the pipeline only where going on is useless.</summary>
    /// <param name="target">What the work is about.</param>
    /// <param name="work">The work.</param>
    protected void Guard(object? target, Action work)
    {
        try
        {
            work();
        }
        catch (OperationCanceledException) when (Cancellation.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception e) when (ErrorMap.Find(e) is { } known)
        {
            if (known.StopsPipeline) ThrowTerminatingError(known.ToRecord(e, target));
            WriteError(known.ToRecord(e, target));
        }
    }

    protected override void StopProcessing() => _cancellation.Cancel();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing) _cancellation.Dispose();
    }
}
