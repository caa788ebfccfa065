using System;
using System.Diagnostics;
using System.Threading;

namespace TpmMigration.Transport;

/// <summary>Time, as <see cref="RetryTransport"/> sees it.</summary>
internal interface IRetryClock
{
    /// <summary>Time since some fixed moment.</summary>
    TimeSpan Now { get; }

    /// <summary>Lets time pass; ends early when cancelled.</summary>
    void Pause(TimeSpan duration, CancellationToken cancellation);
}

/// <summary>The real time.</summary>
internal sealed class SystemRetryClock : IRetryClock
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    public TimeSpan Now => _watch.Elapsed;

    public void Pause(TimeSpan duration, CancellationToken cancellation) => cancellation.WaitHandle.WaitOne(duration);
}
