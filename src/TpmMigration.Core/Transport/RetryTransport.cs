using System;
using System.Threading;

namespace TpmMigration.Transport;

/// <summary>
/// Sends a command again while the TPM asks for that: TPM_RC_RETRY, TPM_RC_YIELDED (bounded by 10 seconds), TPM_RC_TESTING
/// (bounded by 60 seconds). Pauses grow from 2 ms to half a second. When the bound is reached, or on cancellation, the caller
/// gets the TPM's last response. Source: TPM 2.0 Library, Part 2, 6.6 (TPM_RC).
/// </summary>
public sealed class RetryTransport : TransportDecorator
{
    private const uint Yielded = 0x908;
    private const uint Testing = 0x90A;
    private const uint Retry = 0x922;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_busyLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_testingLimit = TimeSpan.FromSeconds(60);

    private readonly IRetryClock _clock;

    public RetryTransport(ITpmTransport inner) : this(inner, new SystemRetryClock()) { }

    internal RetryTransport(ITpmTransport inner, IRetryClock clock) : base(inner) => _clock = clock;

    /// <inheritdoc/>
    public override byte[] Transmit(byte[] command, CancellationToken cancellation)
    {
        byte[] response = Inner.Transmit(command, cancellation);
        return Limit(response) is null ? response : Repeat(command, response, cancellation);
    }

    private byte[] Repeat(byte[] command, byte[] response, CancellationToken cancellation)
    {
        TimeSpan start = _clock.Now;
        TimeSpan pause = s_firstPause;
        while (Limit(response) is TimeSpan limit)
        {
            TimeSpan left = limit - (_clock.Now - start);
            if (left <= TimeSpan.Zero) return response;
            _clock.Pause(pause < left ? pause : left, cancellation);
            if (cancellation.IsCancellationRequested) return response;
            pause = pause + pause < s_longestPause ? pause + pause : s_longestPause;
            response = Inner.Transmit(command, cancellation);
        }
        return response;
    }

    /// <summary>For how long in all a command with this response is to be sent again; null if not at all.</summary>
    private static TimeSpan? Limit(byte[] response) => TpmFrame.Code(response) switch
    {
        Retry or Yielded => s_busyLimit,
        Testing => s_testingLimit,
        _ => null,
    };
}
