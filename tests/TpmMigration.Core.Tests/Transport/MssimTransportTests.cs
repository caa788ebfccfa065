using System;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Net.Sockets;
using System.Threading;
using TpmMigration.Testing;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Transport;

/// <summary>The protocol of Microsoft's simulator, byte for byte, against a peer that speaks it.</summary>
public sealed class MssimTransportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Power_and_NV_are_switched_on_and_the_sessions_are_ended()
    {
        using var simulator = new Simulator(_ => Frames.Response(Frames.Success));
        using (ITpmTransport tpm = simulator.Open()) tpm.Transmit(Frames.GetRandom(4), Cancellation);
        Assert.Equal([1u, 11u, 20u], simulator.TakeSignals(3));
    }

    [Fact]
    public void A_command_goes_out_with_locality_and_length()
    {
        byte[]? seen = null;
        using var simulator = new Simulator(command =>
        {
            seen = command;
            return Frames.Response(Frames.Success, 0, 2, 7, 8);
        });
        using ITpmTransport tpm = simulator.Open();
        Assert.Equal(Frames.Response(Frames.Success, 0, 2, 7, 8), tpm.Transmit(Frames.GetRandom(2), Cancellation));
        Assert.Equal([0, .. Frames.GetRandom(2)], seen!);
    }

    [Fact]
    public void Cancelling_raises_the_signal_while_the_command_runs_and_takes_it_back_after()
    {
        using var started = new ManualResetEventSlim();
        using var cancelled = new CancellationTokenSource();
        Simulator? inUse = null;
        using var simulator = new Simulator(command =>
        {
            if (Frames.Code(command[1..]) != 0x131) return Frames.Response(Frames.Success);
            started.Set();
            return Frames.Response(inUse!.Cancelling.Wait(TimeSpan.FromSeconds(60)) ? Frames.Canceled : Frames.Success);
        });
        inUse = simulator;
        using ITpmTransport tpm = simulator.Open();
        var cancelling = new Thread(() =>
        {
            started.Wait(TimeSpan.FromSeconds(60));
            cancelled.Cancel();
        });
        cancelling.Start();
        Assert.Equal(Frames.Canceled, Frames.Code(tpm.Transmit(Frames.CreateRsa3072(1), cancelled.Token)));
        cancelling.Join();
        // On a busy machine the connection may have been let go for being idle, and taken up again.
        Assert.Equal([9u, 10u], simulator.TakeSignalsUntil(10).Except([20u, 1u, 11u]));
        Assert.Equal(Frames.Success, Frames.Code(tpm.Transmit(Frames.GetRandom(4), Cancellation)));
    }

    [Fact]
    public void A_refused_power_signal_is_an_error()
    {
        using var simulator = new Simulator(_ => Frames.Response(Frames.Success)) { SignalResult = 1 };
        Assert.Contains("refuses", Assert.Throws<TpmTransportException>(simulator.Open).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "could not pass")]
    [InlineData(false, "another size")]
    public void A_damaged_exchange_is_an_error(bool acknowledgement, string problem)
    {
        using var simulator = new Simulator(_ => Frames.Response(Frames.Success));
        using ITpmTransport tpm = simulator.Open();
        simulator.Damage = acknowledgement ? Fault.Acknowledgement : Fault.Length;
        Assert.Contains(problem, Assert.Throws<TpmTransportException>(
            () => tpm.Transmit(Frames.GetRandom(4), Cancellation)).Message, StringComparison.Ordinal);
    }

    private enum Fault { None, Acknowledgement, Length }

    private sealed class Simulator : IDisposable
    {
        private readonly LoopbackPeer _commands;
        private readonly LoopbackPeer _platform;
        private readonly Func<byte[], byte[]> _execute;
        private readonly BlockingCollection<uint> _signals = [];

        internal Simulator(Func<byte[], byte[]> execute)
        {
            _execute = execute;
            int port = FreePorts.FindConsecutive(2);
            _commands = new LoopbackPeer(ServeCommands, port);
            _platform = new LoopbackPeer(ServePlatform, port + 1);
        }

        internal ManualResetEventSlim Cancelling { get; } = new();

        internal volatile Fault Damage;

        internal byte SignalResult { get; init; }

        public void Dispose()
        {
            _commands.Dispose();
            _platform.Dispose();
            _signals.Dispose();
            Cancelling.Dispose();
        }

        internal ITpmTransport Open() => TpmConnection.Open($"mssim:host=127.0.0.1,port={_commands.Port}");

        internal uint[] TakeSignals(int count)
        {
            uint[] signals = new uint[count];
            for (int i = 0; i < count; i++) Assert.True(_signals.TryTake(out signals[i], TimeSpan.FromSeconds(60)));
            return signals;
        }

        internal List<uint> TakeSignalsUntil(uint last)
        {
            List<uint> signals = [];
            while (signals.LastOrDefault() != last) signals.AddRange(TakeSignals(1));
            return signals;
        }

        private void ServeCommands(Socket socket)
        {
            while (true)
            {
                if (LoopbackPeer.Read(socket, 4) is not [0, 0, 0, 8]) return;
                byte[] locality = LoopbackPeer.Read(socket, 1);
                int length = BinaryPrimitives.ReadInt32BigEndian(LoopbackPeer.Read(socket, 4));
                byte[] response = _execute([.. locality, .. LoopbackPeer.Read(socket, length)]);
                byte[] size = [0, 0, (byte)(response.Length >> 8), (byte)response.Length];
                if (Damage == Fault.Length) size[3]++;
                socket.Send([.. size, .. response, 0, 0, 0, (byte)(Damage == Fault.Acknowledgement ? 1 : 0)]);
            }
        }

        private void ServePlatform(Socket socket)
        {
            while (LoopbackPeer.Read(socket, 4) is [_, _, _, byte signal])
            {
                _signals.Add(signal);
                if (signal == 20) return;
                if (signal == 9) Cancelling.Set();
                socket.Send([0, 0, 0, SignalResult]);
            }
        }
    }
}
