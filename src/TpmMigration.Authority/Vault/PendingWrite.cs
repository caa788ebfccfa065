using System;
using System.Runtime.ExceptionServices;
using System.Threading;

namespace TpmMigration.Authority.Vault;

/// <summary>What somebody wants to write, and how it went. Whoever has the turn to write does it for all who wait.</summary>
internal abstract class PendingWrite
{
    private int _isTaken;

    /// <summary>How it failed, which holds once it is done.</summary>
    protected ExceptionDispatchInfo? Failure { get; set; }

    /// <summary>Whether it is known what came of it.</summary>
    internal bool IsDone { get; private set; }

    /// <summary>Makes it the caller's, to do it or to give it up; false if it is another's.</summary>
    internal bool TryTake() => Interlocked.Exchange(ref _isTaken, 1) == 0;

    /// <summary>Does it. It may be done again: the last time counts.</summary>
    internal abstract void Do(VaultTransaction transaction);

    /// <summary>Notes that it failed by itself.</summary>
    internal void Refuse(Exception failure) => Failure = ExceptionDispatchInfo.Capture(failure);

    /// <summary>What it did is durable.</summary>
    internal void Finish() => IsDone = true;

    /// <summary>It did nothing, or nobody knows.</summary>
    internal void Fail(Exception failure)
    {
        Refuse(failure);
        Finish();
    }
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

    internal override void Do(VaultTransaction transaction) => (_result, Failure) = (work(transaction), null);
}
