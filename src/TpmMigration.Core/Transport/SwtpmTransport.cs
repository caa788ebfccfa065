using System;
using System.Net.Sockets;
using System.Threading;

namespace TpmMigration.Transport;

/// <summary>
/// swtpm in socket mode: raw frames over TCP or a Unix socket. Source: swtpm(8), swtpm_ioctls(3) for the control channel.
/// </summary>
/// <remarks>
/// Cancellation goes through the control channel where that can be reached. Up to today swtpm looks at that channel between
/// commands only, so a command runs to its end there. swtpm must not run with --terminate: the connection is let go when idle.
/// </remarks>
public sealed class SwtpmTransport : SocketTransport
{
    /// <summary>CMD_CANCEL_TPM_CMD of the control channel; the answer is a 4-byte result.</summary>
    private const byte CancelTpmCommand = 9;

    private static readonly TimeSpan s_controlPatience = TimeSpan.FromSeconds(1);

    private readonly SocketAddressee _data;
    private readonly SocketAddressee? _control;
    private readonly byte[] _buffer = new byte[TpmFrame.MaximumSize];
    private Socket? _socket;
    private Socket? _controlSocket;

    private SwtpmTransport(SocketAddressee data, SocketAddressee? control, TimeSpan? turnPatience) : base(turnPatience)
    {
        _data = data;
        _control = control;
        Open();
    }

    private protected override string Name => $"swtpm ({_data})";

    /// <summary>Connects over TCP.</summary>
    /// <param name="host">A name, or an IPv4 or IPv6 address.</param>
    /// <param name="port">Of the TPM commands.</param>
    /// <param name="controlPort">Of the control channel; null for the next port.</param>
    /// <exception cref="TpmNotFoundException">Nobody listens there.</exception>
    /// <exception cref="TpmTransportException">Somebody does, but answers not at all or not like a TPM.</exception>
    public static SwtpmTransport Connect(string host, int port, int? controlPort = null) => Connect(host, port, controlPort, null);

    /// <summary>Connects to a Unix socket.</summary>
    /// <param name="path">Of the TPM commands.</param>
    /// <param name="controlPath">Of the control channel; null for the same with ".ctrl" appended.</param>
    /// <exception cref="TpmNotFoundException">Nobody listens there.</exception>
    /// <exception cref="TpmTransportException">Somebody does, but answers not at all or not like a TPM.</exception>
    public static SwtpmTransport Connect(string path, string? controlPath = null) =>
        new(new SocketAddressee(path), new SocketAddressee(controlPath ?? path + ".ctrl"), null);

    internal static SwtpmTransport Connect(string host, int port, int? controlPort, TimeSpan? turnPatience)
    {
        int control = controlPort ?? port + 1;
        return new(
            new SocketAddressee(host, port), control <= ushort.MaxValue ? new SocketAddressee(host, control) : null, turnPatience);
    }

    private protected override void Connect(TimeSpan patience) => _socket = _data.Connect(patience);

    private protected override void Disconnect()
    {
        _socket?.Dispose();
        _socket = null;
    }

    private protected override byte[] Exchange(byte[] command, CancellationToken cancellation)
    {
        _socket!.Send(command);
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

    private void AskToCancel()
    {
        if (_control is null) return;
        try
        {
            Socket control = _control.Connect(s_controlPatience);
            _controlSocket = control;
            control.Send([0, 0, 0, CancelTpmCommand]);
        }
        catch (SocketException)
        {
            // There is no control channel: the command runs to its end.
        }
    }

    /// <summary>Waits until a request to cancel has been dealt with, so that it cannot hit the next command.</summary>
    private void SettleCancellation()
    {
        if (_controlSocket is null) return;
        try
        {
            _controlSocket.ReceiveTimeout = (int)s_controlPatience.TotalMilliseconds;
            _controlSocket.Receive(new byte[4]);
        }
        catch (SocketException)
        {
            // Whatever became of the request, the command is over.
        }
        _controlSocket.Dispose();
        _controlSocket = null;
    }

    private byte[] ReceiveFrame()
    {
        int have = Receive(_socket!, _buffer, 0, TpmFrame.HeaderSize);
        int size = TpmFrame.CheckResponseHeader(_buffer);
        have = Receive(_socket!, _buffer, have, size);
        if (have > size) throw new TpmTransportException($"{Name} sent more than one response to one command. Open the TPM anew.");
        return TpmFrame.Take(_buffer, 0, size);
    }
}
