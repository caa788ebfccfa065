using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using TpmMigration.Testing;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Transport;

/// <summary>The raw-frame driver against another end that is slow, silent, rude or no TPM at all.</summary>
public sealed class FaultyPeerTests
{
    private static readonly TimeSpan s_shortPatience = TimeSpan.FromMilliseconds(200);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_response_that_arrives_byte_by_byte_is_put_together()
    {
        byte[] expected = Frames.Response(Frames.Success, 0, 4, 1, 2, 3, 4);
        using var peer = LoopbackPeer.AfterProbe(socket =>
        {
            LoopbackPeer.ReadCommand(socket);
            foreach (byte b in expected) socket.Send([b]);
            LoopbackPeer.ReadCommand(socket);
        });
        using var tpm = SwtpmTransport.Connect("127.0.0.1", peer.Port);
        Assert.Equal(expected, tpm.Transmit(Frames.GetRandom(4), Cancellation));
    }

    [Fact]
    public void The_longest_response_is_accepted()
    {
        byte[] expected = Frames.Response(Frames.Success, new byte[4086]);
        using var peer = LoopbackPeer.AfterProbe(socket =>
        {
            LoopbackPeer.ReadCommand(socket);
            socket.Send(expected);
            LoopbackPeer.ReadCommand(socket);
        });
        using var tpm = SwtpmTransport.Connect("127.0.0.1", peer.Port);
        Assert.Equal(expected, tpm.Transmit(Frames.GetRandom(4), Cancellation));
    }

    [Theory]
    [InlineData("", "hung up")]
    [InlineData("8001", "hung up")]
    [InlineData("80010000000C00000000", "hung up")]
    [InlineData("80010000000C0000000000", "hung up")]
    [InlineData("80010000000900000000", "size of 9")]
    [InlineData("80010000000000000000", "size of 0")]
    [InlineData("80010000100100000000", "size of 4097")]
    [InlineData("8001FFFFFFFF00000000", "size of 4294967295")]
    [InlineData("80030000000A00000000", "begins with 0x8003")]
    [InlineData("485454502F312E312034", "begins with 0x4854")]
    [InlineData("00C40000000A0000001E", "TPM 1.2")]
    [InlineData("80010000000A0000000000", "more than one response")]
    public void What_is_no_response_is_an_error_that_says_so_and_the_transport_stays_failed(string hexadecimal, string problem)
    {
        using var peer = LoopbackPeer.AfterProbe(socket =>
        {
            LoopbackPeer.ReadCommand(socket);
            if (hexadecimal.Length > 0) socket.Send(Convert.FromHexString(hexadecimal));
            socket.Shutdown(SocketShutdown.Send);
        });
        using var tpm = SwtpmTransport.Connect("127.0.0.1", peer.Port);
        var error = Assert.Throws<TpmTransportException>(() => tpm.Transmit(Frames.GetRandom(4), Cancellation));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Contains("before", Assert.Throws<TpmTransportException>(
            () => tpm.Transmit(Frames.GetRandom(4), Cancellation)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_service_on_the_port_is_found_out_when_opening()
    {
        using var peer = new LoopbackPeer(socket => socket.Send("SSH-2.0-OpenSSH\r\n"u8.ToArray()));
        var error = Assert.Throws<TpmTransportException>(() => SwtpmTransport.Connect("127.0.0.1", peer.Port));
        Assert.Contains("no TPM response", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Waiting_for_a_simulator_another_client_keeps_busy_ends_when_cancelled_and_can_begin_again()
    {
        using var machine = SimulatedTpm.Start();
        using ITpmTransport tpm = TpmConnection.Open(machine.ConnectionString);
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Connect(IPAddress.Loopback, machine.Port);
        other.Send(Frames.GetRandom(4));
        other.Receive(new byte[64]);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var watch = Stopwatch.StartNew();
        Assert.Throws<OperationCanceledException>(() => tpm.Transmit(Frames.GetRandom(8), cancelled.Token));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));

        other.Dispose();
        Assert.Equal(Frames.Success, Frames.Code(tpm.Transmit(Frames.GetRandom(8), Cancellation)));
    }

    [Fact]
    public void A_simulator_another_client_keeps_busy_is_an_error_after_a_bounded_time()
    {
        using var machine = SimulatedTpm.Start();
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Connect(IPAddress.Loopback, machine.Port);
        other.Send(Frames.GetRandom(4));
        other.Receive(new byte[64]);
        var error = Assert.Throws<TpmOccupiedException>(
            () => SwtpmTransport.Connect("127.0.0.1", machine.Port, null, s_shortPatience));
        Assert.Contains("one client at a time", error.Message, StringComparison.Ordinal);

        other.Dispose();
        using var tpm = SwtpmTransport.Connect("127.0.0.1", machine.Port);
        Assert.Equal(Frames.Success, Frames.Code(tpm.Transmit(Frames.GetRandom(8), Cancellation)));
    }

    [Fact]
    public void An_IPv6_address_is_reached()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "No IPv6 here.");
        using var peer = new LoopbackPeer(
            socket =>
            {
                while (LoopbackPeer.ReadCommand(socket).Length > 0) socket.Send(Frames.Response(Frames.Success));
            },
            address: IPAddress.IPv6Loopback);
        foreach (string host in new[] { "::1", "[::1]" })
        {
            using ITpmTransport tpm = TpmConnection.Open($"swtpm:host={host},port={peer.Port}");
            Assert.Equal(Frames.Success, Frames.Code(tpm.Transmit(Frames.GetRandom(4), Cancellation)));
        }
    }

    [Fact]
    public void A_host_name_is_resolved_and_each_of_its_addresses_tried()
    {
        using var machine = SimulatedTpm.Start();
        using ITpmTransport tpm = TpmConnection.Open($"swtpm:host=localhost,port={machine.Port}");
        Assert.Equal(Frames.Success, Frames.Code(tpm.Transmit(Frames.GetRandom(4), Cancellation)));
    }

    [Fact]
    public void An_idle_connection_is_let_go_and_taken_up_with_the_next_command()
    {
        using var letGo = new SemaphoreSlim(0);
        using var peer = new LoopbackPeer(socket =>
        {
            while (LoopbackPeer.ReadCommand(socket).Length > 0) socket.Send(Frames.Response(Frames.Success));
            letGo.Release();
        });
        using var tpm = SwtpmTransport.Connect("127.0.0.1", peer.Port);
        Assert.True(letGo.Wait(TimeSpan.FromSeconds(60), Cancellation));
        Assert.Equal(Frames.Success, Frames.Code(tpm.Transmit(Frames.GetRandom(4), Cancellation)));
        Assert.Equal(2, peer.Connections);
    }

    [Fact]
    public void A_request_to_cancel_goes_to_the_control_channel_while_the_command_runs()
    {
        var control = new List<string>();
        using var asked = new ManualResetEventSlim();
        using var started = new ManualResetEventSlim();
        using var controlPeer = new LoopbackPeer(socket =>
        {
            control.Add(Convert.ToHexString(LoopbackPeer.Read(socket, 4)));
            asked.Set();
            socket.Send(new byte[4]);
            LoopbackPeer.Read(socket, 1);
        });
        using var peer = LoopbackPeer.AfterProbe(socket =>
        {
            LoopbackPeer.ReadCommand(socket);
            started.Set();
            asked.Wait(TimeSpan.FromSeconds(60));
            socket.Send(Frames.Response(asked.IsSet ? Frames.Canceled : Frames.Success));
            LoopbackPeer.ReadCommand(socket);
        });
        using var tpm = SwtpmTransport.Connect("127.0.0.1", peer.Port, controlPeer.Port);
        using var cancelled = new CancellationTokenSource();
        var cancelling = new Thread(() =>
        {
            started.Wait(TimeSpan.FromSeconds(60));
            cancelled.Cancel();
        });
        cancelling.Start();
        Assert.Equal(Frames.Canceled, Frames.Code(tpm.Transmit(Frames.CreateRsa3072(1), cancelled.Token)));
        cancelling.Join();
        Assert.Equal(["00000009"], control);
    }
}
