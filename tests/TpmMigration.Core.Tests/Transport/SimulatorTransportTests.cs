using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using TpmMigration.Testing;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Transport;

/// <summary>The socket drivers against a real simulator.</summary>
public sealed class SimulatorTransportTests
{
    public static TheoryData<SimulatedTpmInterface> Interfaces =>
        [SimulatedTpmInterface.Tcp, SimulatedTpmInterface.UnixSocket, SimulatedTpmInterface.Mssim];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Interfaces))]
    public void Commands_are_answered_short_and_long(SimulatedTpmInterface through)
    {
        using var machine = SimulatedTpm.Start(new SimulatedTpmOptions { Interface = through });
        using ITpmTransport tpm = TpmConnection.Open(machine.ConnectionString);
        for (byte size = 1; size <= 32; size++)
        {
            byte[] response = tpm.Transmit(Frames.GetRandom(size), Cancellation);
            Assert.Equal(Frames.Success, Frames.Code(response));
            Assert.Equal(12 + size, response.Length);
        }
        Assert.True(tpm.Transmit(Frames.GetCommands(), Cancellation).Length > 400);
    }

    [Theory, MemberData(nameof(Interfaces))]
    public void A_command_the_TPM_refuses_is_a_response_not_an_error_of_the_transport(SimulatedTpmInterface through)
    {
        using var machine = SimulatedTpm.Start(new SimulatedTpmOptions { Interface = through });
        using ITpmTransport tpm = TpmConnection.Open(machine.ConnectionString);
        byte[] unknown = [0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x0F, 0xFF];
        Assert.Equal(0x143u, Frames.Code(tpm.Transmit(unknown, Cancellation)));
        Assert.Equal(Frames.Success, Frames.Code(tpm.Transmit(Frames.GetRandom(8), Cancellation)));
    }

    [Theory, MemberData(nameof(Interfaces))]
    public void Several_open_transports_and_foreign_tools_take_turns(SimulatedTpmInterface through)
    {
        using var machine = SimulatedTpm.Start(new SimulatedTpmOptions { Interface = through });
        using ITpmTransport one = TpmConnection.Open(machine.ConnectionString);
        using ITpmTransport other = TpmConnection.Open(machine.ConnectionString);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(Frames.Success, Frames.Code(one.Transmit(Frames.GetRandom(8), Cancellation)));
            Assert.Equal(Frames.Success, Frames.Code(other.Transmit(Frames.GetRandom(8), Cancellation)));
            Assert.Equal(16, machine.Tool("tpm2_getrandom", "--hex", "8").Trim().Length);
        }
    }

    [Theory, MemberData(nameof(Interfaces))]
    public void Cancelling_a_key_generation_ends_in_its_own_response_and_spares_the_next_command(SimulatedTpmInterface through)
    {
        using var machine = SimulatedTpm.Start(new SimulatedTpmOptions { Interface = through });
        using ITpmTransport tpm = TpmConnection.Open(machine.ConnectionString);
        using var cancelled = new CancellationTokenSource();
        var watch = Stopwatch.StartNew();
        cancelled.CancelAfter(20);
        uint code = Frames.Code(tpm.Transmit(Frames.CreateRsa3072(1), cancelled.Token));
        Assert.Contains(code, new[] { Frames.Success, Frames.Canceled });
        // swtpm ends the key generation first; on a loaded machine a prime may take a while to find.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal(Frames.Success, Frames.Code(tpm.Transmit(Frames.CreateRsa3072(2), Cancellation)));
    }

    [Fact]
    public void A_request_to_cancel_needs_no_control_channel()
    {
        using var machine = SimulatedTpm.Start();
        int nobody = FreePorts.FindConsecutive(1);
        using ITpmTransport tpm = TpmConnection.Open($"{machine.ConnectionString},ctrl-port={nobody}");
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Equal(Frames.Success, Frames.Code(tpm.Transmit(Frames.GetRandom(8), cancelled.Token)));
    }

    [Fact]
    public void A_power_cycle_is_survived_by_a_transport_that_was_idle()
    {
        using var machine = SimulatedTpm.Start();
        using ITpmTransport tpm = TpmConnection.Open(machine.ConnectionString);
        machine.Restart();
        Assert.Equal(Frames.Success, Frames.Code(tpm.Transmit(Frames.GetRandom(8), Cancellation)));
    }

    [Fact]
    public void A_TPM_that_goes_away_is_an_error_and_the_transport_stays_failed()
    {
        using var machine = SimulatedTpm.Start();
        using ITpmTransport tpm = TpmConnection.Open(machine.ConnectionString);
        machine.Kill();
        Assert.Throws<TpmTransportException>(() => tpm.Transmit(Frames.GetRandom(8), Cancellation));
        machine.Restart();
        Assert.Contains("before", Assert.Throws<TpmTransportException>(
            () => tpm.Transmit(Frames.GetRandom(8), Cancellation)).Message, StringComparison.Ordinal);
        using ITpmTransport anew = TpmConnection.Open(machine.ConnectionString);
        Assert.Equal(Frames.Success, Frames.Code(anew.Transmit(Frames.GetRandom(8), Cancellation)));
    }

    [Fact]
    public void A_transport_serves_one_thread_after_the_other()
    {
        using var machine = SimulatedTpm.Start();
        using ITpmTransport tpm = TpmConnection.Open(machine.ConnectionString);
        var responses = new List<byte[]>();
        Thread[] threads = [.. Enumerable.Range(1, 4).Select(size => new Thread(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                byte[] response = tpm.Transmit(Frames.GetRandom((byte)size), Cancellation);
                if (response.Length == 12 + size) lock (responses) responses.Add(response);
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.Equal(200, responses.Count);
    }

    [Fact]
    public void A_closed_transport_is_closed()
    {
        using var machine = SimulatedTpm.Start();
        ITpmTransport tpm = TpmConnection.Open(machine.ConnectionString);
        tpm.Dispose();
        tpm.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tpm.Transmit(Frames.GetRandom(8), Cancellation));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0x80, 0x01, 0, 0, 0, 9, 0, 0, 1 })]
    [InlineData(new byte[] { 0x80, 0x01, 0, 0, 0, 13, 0, 0, 0x01, 0x7B, 0, 8 })]
    public void What_is_no_command_is_never_sent(byte[] command)
    {
        using var machine = SimulatedTpm.Start();
        using ITpmTransport tpm = TpmConnection.Open(machine.ConnectionString);
        Assert.Throws<ArgumentException>(() => tpm.Transmit(command, Cancellation));
        Assert.Throws<ArgumentException>(() => tpm.Transmit(new byte[4097], Cancellation));
        Assert.Equal(Frames.Success, Frames.Code(tpm.Transmit(Frames.GetRandom(8), Cancellation)));
    }
}
