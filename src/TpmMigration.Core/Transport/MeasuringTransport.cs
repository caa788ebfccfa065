using System;
using System.Diagnostics;
using System.Threading;

namespace TpmMigration.Transport;

/// <summary>Counts commands and the time spent waiting for the TPM.</summary>
public sealed class MeasuringTransport : TransportDecorator
{
    private long _commands;
    private long _ticks;

    public MeasuringTransport(ITpmTransport inner) : base(inner) { }

    /// <summary>Commands sent, those that failed included.</summary>
    public long CommandCount => Interlocked.Read(ref _commands);

    /// <summary>Time between sending commands and having their responses, summed.</summary>
    public TimeSpan WaitingTime =>
        TimeSpan.FromTicks((long)(Interlocked.Read(ref _ticks) * ((double)TimeSpan.TicksPerSecond / Stopwatch.Frequency)));

    /// <inheritdoc/>
    public override byte[] Transmit(byte[] command, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            return Inner.Transmit(command, cancellation);
        }
        finally
        {
            Interlocked.Add(ref _ticks, Stopwatch.GetTimestamp() - start);
            Interlocked.Increment(ref _commands);
        }
    }
}
