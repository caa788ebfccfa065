using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Transport;

public sealed class RetryTransportTests
{
    private const uint Yielded = 0x908;
    private const uint Testing = 0x90A;
    private const uint Retry = 0x922;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Retry)]
    [InlineData(Yielded)]
    [InlineData(Testing)]
    public void A_busy_TPM_is_asked_again_until_it_answers(uint busy)
    {
        var clock = new FakeClock();
        using var script = Answering(busy, busy, busy, Frames.Success);
        using var tpm = new RetryTransport(script, clock);
        byte[] command = Frames.GetRandom(4);
        Assert.Equal(Frames.Success, Frames.Code(tpm.Transmit(command, Cancellation)));
        Assert.Equal(4, script.Commands.Count);
        Assert.All(script.Commands, sent => Assert.Equal(command, sent));
        Assert.Equal([2, 4, 8], clock.Pauses.Select(p => p.TotalMilliseconds));
    }

    [Theory]
    [InlineData(Frames.Success)]
    [InlineData(0x921u)] // TPM_RC_LOCKOUT
    [InlineData(0x909u)] // TPM_RC_CANCELED
    [InlineData(0x101u)] // TPM_RC_FAILURE
    [InlineData(0x98Eu)] // TPM_RC_AUTH_FAIL of session 1
    public void Any_other_response_is_handed_on_at_once(uint code)
    {
        var clock = new FakeClock();
        using var script = Answering(code);
        using var tpm = new RetryTransport(script, clock);
        Assert.Equal(code, Frames.Code(tpm.Transmit(Frames.GetRandom(4), Cancellation)));
        Assert.Single(script.Commands);
        Assert.Empty(clock.Pauses);
    }

    [Theory]
    [InlineData(Retry, 10)]
    [InlineData(Yielded, 10)]
    [InlineData(Testing, 60)]
    public void A_TPM_that_stays_busy_is_given_up_after_its_bound_with_its_last_response(uint busy, int seconds)
    {
        var clock = new FakeClock();
        using var script = Answering(busy);
        using var tpm = new RetryTransport(script, clock);
        Assert.Equal(busy, Frames.Code(tpm.Transmit(Frames.GetRandom(4), Cancellation)));
        Assert.Equal(TimeSpan.FromSeconds(seconds), clock.Now);
        Assert.Equal(TimeSpan.FromMilliseconds(500), clock.Pauses.Max());
        Assert.Equal(clock.Pauses.Count + 1, script.Commands.Count);
    }

    [Fact]
    public void Time_the_TPM_itself_takes_counts_towards_the_bound()
    {
        var clock = new FakeClock();
        using var script = new ScriptedTransport((_, _) =>
        {
            clock.Now += TimeSpan.FromSeconds(4);
            return Frames.Response(Retry);
        });
        using var tpm = new RetryTransport(script, clock);
        tpm.Transmit(Frames.GetRandom(4), Cancellation);
        Assert.Equal(4, script.Commands.Count);
    }

    [Fact]
    public void Cancellation_during_a_pause_ends_with_the_last_response()
    {
        using var cancelled = new CancellationTokenSource();
        var clock = new FakeClock { OnPause = cancelled.Cancel };
        using var script = Answering(Retry);
        using var tpm = new RetryTransport(script, clock);
        Assert.Equal(Retry, Frames.Code(tpm.Transmit(Frames.GetRandom(4), cancelled.Token)));
        Assert.Single(script.Commands);
    }

    [Fact]
    public void The_real_clock_ends_a_pause_when_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var clock = new SystemRetryClock();
        clock.Pause(TimeSpan.FromMinutes(5), cancelled.Token);
        Assert.InRange(clock.Now, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void A_failing_transport_is_not_tried_again()
    {
        using var script = new ScriptedTransport((_, _) => throw new TpmTransportException("gone"));
        using var tpm = new RetryTransport(script, new FakeClock());
        Assert.Throws<TpmTransportException>(() => tpm.Transmit(Frames.GetRandom(4), Cancellation));
        Assert.Single(script.Commands);
    }

    /// <summary>Answers with one code after the other; the last one for ever.</summary>
    private static ScriptedTransport Answering(params uint[] codes)
    {
        int next = 0;
        return new ScriptedTransport((_, _) => Frames.Response(codes[Math.Min(next++, codes.Length - 1)]));
    }

    private sealed class FakeClock : IRetryClock
    {
        public TimeSpan Now { get; set; }

        internal List<TimeSpan> Pauses { get; } = [];

        internal Action? OnPause { get; init; }

        public void Pause(TimeSpan duration, CancellationToken cancellation)
        {
            Pauses.Add(duration);
            Now += duration;
            OnPause?.Invoke();
        }
    }
}
