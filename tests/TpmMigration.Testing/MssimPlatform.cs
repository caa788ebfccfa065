using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace TpmMigration.Testing;

/// <summary>
/// The platform port that belongs to the Microsoft simulator's protocol. swtpm understands that protocol on its command port but
/// has no such second port; here every signal is acknowledged and none has an effect.
/// </summary>
internal sealed class MssimPlatform : IDisposable
{
    private const int SessionEnd = 20;
    private readonly Socket _listener;
    private volatile Socket? _client;

    private MssimPlatform(Socket listener)
    {
        _listener = listener;
        new Thread(Serve) { IsBackground = true, Name = "mssim platform" }.Start();
    }

    internal static MssimPlatform? TryListen(int port)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            listener.Listen();
            return new MssimPlatform(listener);
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null;
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _client?.Dispose();
    }

    private void Serve()
    {
        try
        {
            while (true)
            {
                using Socket client = _client = _listener.Accept();
                ServeClient(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed: the machine is switched off.
        }
    }

    private static void ServeClient(Socket client)
    {
        byte[] signal = new byte[4];
        byte[] success = new byte[4];
        try
        {
            while (client.Receive(signal) == signal.Length && signal[3] != SessionEnd) client.Send(success);
        }
        catch (SocketException)
        {
            // The client hung up without TPM_SESSION_END; the next one is served.
        }
    }
}
