using System;
using System.Net.Sockets;
using System.Threading;

namespace TpmMigration.Transport;

/// <summary>
/// The protocol of Microsoft's TPM 2.0 simulator (TpmTcpProtocol.h): commands on one port, the platform's signals on the next.
/// Power and NV are switched on when connecting; TPM2_Startup is the caller's.
/// </summary>
public sealed class MssimTransport : SocketTransport
{
    private const uint SignalPowerOn = 1;
    private const uint SendCommand = 8;
    private const uint SignalCancelOn = 9;
    private const uint SignalCancelOff = 10;
    private const uint SignalNvOn = 11;
    private const uint SessionEnd = 20;

    /// <summary>TPM_SEND_COMMAND (4), locality (1), length (4).</summary>
    private const int PrefixSize = 9;

    /// <summary>Length (4).</summary>
    private const int ResponsePrefixSize = 4;

    /// <summary>The result of the exchange (4); 0 is success.</summary>
    private const int AcknowledgementSize = 4;

    private static readonly TimeSpan s_platformPatience = TimeSpan.FromSeconds(10);

    private readonly SocketAddressee _commands;
    private readonly SocketAddressee _platform;
    private readonly byte[] _out = new byte[PrefixSize + TpmFrame.MaximumSize];
    private readonly byte[] _in = new byte[ResponsePrefixSize + TpmFrame.MaximumSize + AcknowledgementSize];
    private Socket? _commandSocket;
    private Socket? _platformSocket;
    private bool _cancelRequested;

    private MssimTransport(SocketAddressee commands, SocketAddressee platform, TimeSpan? turnPatience) : base(turnPatience)
    {
        _commands = commands;
        _platform = platform;
        Open();
    }

    private protected override string Name => $"TPM simulator ({_commands})";

    /// <summary>Connects.</summary>
    /// <param name="host">A name, or an IPv4 or IPv6 address.</param>
    /// <param name="port">Of the TPM commands; the platform's port is the next.</param>
    /// <exception cref="TpmNotFoundException">Nobody listens there.</exception>
    /// <exception cref="TpmTransportException">Somebody does, but answers not at all or not like a TPM simulator.</exception>
    public static MssimTransport Connect(string host, int port) => Connect(host, port, null);

    internal static MssimTransport Connect(string host, int port, TimeSpan? turnPatience) =>
        new(new SocketAddressee(host, port), new SocketAddressee(host, port + 1), turnPatience);

    private protected override void Connect(TimeSpan patience)
    {
        _platformSocket = _platform.Connect(patience);
        // The platform answers at once, whatever the TPM does.
        _platformSocket.ReceiveTimeout = (int)s_platformPatience.TotalMilliseconds;
        _commandSocket = _commands.Connect(patience);
    }

    private protected override void Greet()
    {
        Signal(SignalPowerOn);
        Signal(SignalNvOn);
    }

    private protected override void Disconnect()
    {
        EndSession(_commandSocket);
        EndSession(_platformSocket);
        _commandSocket = null;
        _platformSocket = null;
    }

    private protected override byte[] Exchange(byte[] command, CancellationToken cancellation)
    {
        TpmFrame.PutBigEndian(SendCommand, _out, 0);
        _out[4] = 0;
        TpmFrame.PutBigEndian((uint)command.Length, _out, 5);
        Buffer.BlockCopy(command, 0, _out, PrefixSize, command.Length);
        _commandSocket!.Send(_out, 0, PrefixSize + command.Length, SocketFlags.None);
        Array.Clear(_out, PrefixSize, command.Length);
        if (!cancellation.CanBeCanceled) return ReceiveFrame();
        try
        {
            // Disposing the registration waits for a request under way, so none is sent after the response is here.
            using (cancellation.Register(AskToCancel)) return ReceiveFrame();
        }
        finally
        {
            SettleCancellation();
        }
    }

    private byte[] ReceiveFrame()
    {
        int have = Receive(_commandSocket!, _in, 0, ResponsePrefixSize + TpmFrame.HeaderSize);
        int size = TpmFrame.CheckResponseHeader(_in, ResponsePrefixSize);
        if (TpmFrame.BigEndian(_in, 0) != (uint)size)
            throw new TpmTransportException($"{Name} announces a response of another size than its header states. Open the TPM anew.");
        int end = ResponsePrefixSize + size + AcknowledgementSize;
        have = Receive(_commandSocket!, _in, have, end);
        if (have > end) throw new TpmTransportException($"{Name} sent more than one response to one command. Open the TPM anew.");
        if (TpmFrame.BigEndian(_in, ResponsePrefixSize + size) != 0)
            throw new TpmTransportException($"{Name} reports that it could not pass the command on. Open the TPM anew.");
        return TpmFrame.Take(_in, ResponsePrefixSize, size);
    }

    private void AskToCancel()
    {
        try
        {
            Send(_platformSocket!, SignalCancelOn);
            _cancelRequested = true;
        }
        catch (SocketException)
        {
            // The command runs to its end, or its own socket fails too.
        }
    }

    /// <summary>Switches the cancel signal off again, or it would cancel the next command.</summary>
    private void SettleCancellation()
    {
        if (!_cancelRequested) return;
        _cancelRequested = false;
        Acknowledged();
        Signal(SignalCancelOff);
    }

    private void Signal(uint signal)
    {
        Send(_platformSocket!, signal);
        Acknowledged();
    }

    private void Acknowledged()
    {
        byte[] acknowledgement = new byte[AcknowledgementSize];
        Receive(_platformSocket!, acknowledgement, 0, AcknowledgementSize);
        if (TpmFrame.BigEndian(acknowledgement, 0) != 0)
            throw new TpmTransportException($"{Name} refuses a signal on its platform port. Is this Microsoft's protocol?");
    }

    private static void Send(Socket socket, uint signal)
    {
        byte[] bytes = new byte[4];
        TpmFrame.PutBigEndian(signal, bytes, 0);
        socket.Send(bytes);
    }

    private static void EndSession(Socket? socket)
    {
        if (socket is null) return;
        try
        {
            Send(socket, SessionEnd);
        }
        catch (SocketException)
        {
            // It has hung up already, which ends the session as well.
        }
        socket.Dispose();
    }
}
