using System;
using System.Runtime.ExceptionServices;
using System.Threading;

namespace TpmMigration.Authority.Vault;

/// <summary>What somebody wants to write, and how it went. Whoever has the turn to write does it for all who wait.</summary>
internal abstract class PendingWrite
{
    private readonly object _telling = new();
    private bool _isTold;

    /// <summary>How it failed, which holds once it is done.</summary>
    protected ExceptionDispatchInfo? Failure { get; private set; }

    /// <summary>Where it is. It changes in its queue only.</summary>
    internal WriteStage Stage { get; set; }

    /// <summary>Does it. It may be done again: the last time counts.</summary>
    internal void Do(VaultTransaction transaction)
    {
        Failure = null;
        Work(transaction);
    }

    /// <summary>Notes that it failed: it did nothing, or nobody knows.</summary>
    internal void Refuse(Exception failure) => Failure = ExceptionDispatchInfo.Capture(failure);

    /// <summary>Lets the one go on who waits for it: it is done, or has the turn.</summary>
    internal void Tell()
    {
        lock (_telling)
        {
            _isTold = true;
            Monitor.Pulse(_telling);
        }
    }

    /// <summary>Waits until it is told to go on.</summary>
    /// <returns>False if that took too long.</returns>
    internal bool Wait(TimeSpan patience)
    {
        lock (_telling) return _isTold || Monitor.Wait(_telling, patience);
    }

    protected abstract void Work(VaultTransaction transaction);
}

/// <inheritdoc cref="PendingWrite"/>
/// <param name="work">What is changed.</param>
internal sealed class PendingWrite<T>(Func<VaultTransaction, T> work) : PendingWrite
{
    private T? _result;

    /// <summary>What came of it; to be asked for when it is done.</summary>
    internal T Result
    {
        get
        {
            Failure?.Throw();
            return _result!;
        }
    }

    protected override void Work(VaultTransaction transaction) => _result = work(transaction);
}
