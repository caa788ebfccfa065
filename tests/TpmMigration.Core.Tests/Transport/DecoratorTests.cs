using System;
using System.Diagnostics;
using System.IO;
using System.Security.Cryptography;
using System.Threading;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Transport;

public sealed class DecoratorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_record_keeps_copies_of_both_directions_and_of_failures()
    {
        bool fail = false;
        using var script = new ScriptedTransport(
            (_, _) => fail ? throw new TpmTransportException("gone") : Frames.Response(Frames.Success, 7));
        using var tpm = new RecordingTransport(script);
        byte[] command = Frames.GetRandom(1);
        byte[] response = tpm.Transmit(command, Cancellation);
        fail = true;
        Assert.Throws<TpmTransportException>(() => tpm.Transmit(command, Cancellation));
        Array.Clear(command);
        Array.Clear(response);

        Assert.Equal(2, tpm.Exchanges.Count);
        Assert.Equal(Frames.GetRandom(1), tpm.Exchanges[0].Command);
        Assert.Equal(Frames.Response(Frames.Success, 7), tpm.Exchanges[0].Response);
        Assert.Null(tpm.Exchanges[1].Response);

        var text = new StringWriter { NewLine = "\n" };
        tpm.WriteTo(text);
        Assert.Equal("> 80010000000c0000017b0001\n< 80010000000b0000000007\n> 80010000000c0000017b0001\n< none\n", text.ToString());
    }

    [Fact]
    public void A_forgotten_record_is_cleared()
    {
        using var tpm = new RecordingTransport(new ScriptedTransport((_, _) => Frames.Response(Frames.Success)));
        tpm.Transmit(Frames.GetRandom(1), Cancellation);
        RecordedExchange exchange = tpm.Exchanges[0];
        tpm.Clear();
        Assert.Empty(tpm.Exchanges);
        Assert.All(exchange.Command, b => Assert.Equal(0, b));
        Assert.All(exchange.Response!, b => Assert.Equal(0, b));
    }

    [Fact]
    public void Commands_and_the_wait_for_them_are_measured_failures_included()
    {
        int sent = 0;
        TimeSpan inside = TimeSpan.Zero;
        using var tpm = new MeasuringTransport(new ScriptedTransport((_, _) =>
        {
            var watch = Stopwatch.StartNew();
            byte[] response = Frames.Response(Frames.Success, RandomNumberGenerator.GetBytes(1000));
            inside += watch.Elapsed;
            return ++sent == 3 ? throw new TpmTransportException("gone") : response;
        }));
        Assert.Equal(TimeSpan.Zero, tpm.WaitingTime);
        var outside = Stopwatch.StartNew();
        tpm.Transmit(Frames.GetRandom(1), Cancellation);
        tpm.Transmit(Frames.GetRandom(1), Cancellation);
        Assert.Throws<TpmTransportException>(() => tpm.Transmit(Frames.GetRandom(1), Cancellation));
        outside.Stop();
        Assert.Equal(3, tpm.CommandCount);
        Assert.InRange(tpm.WaitingTime, inside, outside.Elapsed);
    }

    [Fact]
    public void Decorators_close_what_they_wrap_and_hand_on_the_cancellation()
    {
        using var cancelled = new CancellationTokenSource();
        CancellationToken seen = default;
        var script = new ScriptedTransport((_, token) =>
        {
            seen = token;
            return Frames.Response(Frames.Success);
        });
        using (var tpm = new RetryTransport(new RecordingTransport(new MeasuringTransport(script))))
            tpm.Transmit(Frames.GetRandom(1), cancelled.Token);
        Assert.Equal(cancelled.Token, seen);
        Assert.True(script.Disposed);
    }

    [Fact]
    public void Where_no_owner_authorization_is_kept_there_is_none()
    {
        using var tpm = new RetryTransport(new ScriptedTransport((_, _) => []));
        Assert.Null(tpm.GetOwnerAuth());
    }
}
