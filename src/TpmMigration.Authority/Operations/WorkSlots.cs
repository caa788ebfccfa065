using System;
using System.Threading;
using System.Threading.Tasks;
using TpmMigration.Authority.Contract;

namespace TpmMigration.Authority.Operations;

/// <summary>
/// How many messages are worked on at a time, each of which keeps a thread while it waits for the database. The others wait here without one: else
/// those that wait for their turn to write would leave no thread to the one whose turn it is.
/// </summary>
internal sealed class WorkSlots : IDisposable
{
    internal const int Most = 32;

    /// <summary>Threads for what comes in, and for what the database answers.</summary>
    private const int OtherThreads = 16;

    private readonly SemaphoreSlim _free = new(Most);
    private int _waiting;

    /// <summary>How long a message waits for its turn.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Messages that wait for their turn.</summary>
    internal int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Has the process start so many threads at once when they are needed, and not a few each second.</summary>
    internal static void ReserveThreads()
    {
        ThreadPool.GetMinThreads(out int workers, out int ports);
        ThreadPool.SetMinThreads(Math.Max(workers, Most + OtherThreads), ports);
    }

    /// <summary>Works when it is its turn.</summary>
    /// <exception cref="AuthorityException"><see cref="AuthorityFault.Unavailable"/>: its turn did not come.</exception>
    /// <exception cref="OperationCanceledException">Nobody waits for it any longer.</exception>
    internal async Task<T> Run<T>(Func<T> work, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _waiting);
        bool isFree;
        try
        {
            isFree = await _free.WaitAsync(Patience, cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
        if (!isFree) throw new AuthorityException(AuthorityFault.Unavailable, "The service has more to do than it can. Try again later.");
        try
        {
            return work();
        }
        finally
        {
            _free.Release();
        }
    }

    /// <inheritdoc cref="Run{T}"/>
    internal Task Run(Action work, CancellationToken cancellation) => Run(() =>
    {
        work();
        return true;
    }, cancellation);

    public void Dispose() => _free.Dispose();
}
