using System;
using System.Net;
using System.Net.Sockets;

namespace TpmMigration.Testing;

/// <summary>Switches a running swtpm off in the orderly way.</summary>
internal static class SwtpmControl
{
    private const int PatienceMilliseconds = 2_000;
    private static readonly byte[] s_shutdownClear = [0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x45, 0, 0];
    private static readonly byte[] s_controlShutdown = [0, 0, 0, 3];

    /// <summary>TPM2_Shutdown(CLEAR), then the control channel's shutdown. Returns when swtpm has acknowledged both.</summary>
    internal static void ShutDown(SimulatedTpm machine)
    {
        Exchange(machine.SocketPath, machine.Port, s_shutdownClear);
        Exchange(machine.SocketPath is null ? null : machine.SocketPath + ".ctrl", machine.ControlPort, s_controlShutdown);
    }

    private static void Exchange(string? path, int port, byte[] request)
    {
        using var socket = path is null
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.ReceiveTimeout = PatienceMilliseconds;
        try
        {
            socket.Connect(path is null ? new IPEndPoint(IPAddress.Loopback, port) : new UnixDomainSocketEndPoint(path));
            socket.Send(request);
            socket.Receive(new byte[16]);
        }
        catch (SocketException e)
        {
            throw new InvalidOperationException(
                "swtpm did not shut down: it is not running, or some client keeps its only connection. Close that client first.", e);
        }
    }
}
