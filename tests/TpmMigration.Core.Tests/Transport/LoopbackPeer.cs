using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace TpmMigration.Tests.Transport;

/// <summary>The other end of a loopback connection, played by a test. Connections are served one after the other.</summary>
internal sealed class LoopbackPeer : IDisposable
{
    private readonly Socket _listener;
    private readonly Action<Socket> _serve;
    private readonly Thread _thread;
    private volatile Socket? _client;
    private volatile bool _disposed;
    private int _connections;

    internal LoopbackPeer(Action<Socket> serve, int port = 0, IPAddress? address = null)
    {
        _serve = serve;
        IPAddress at = address ?? IPAddress.Loopback;
        _listener = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(at, port));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _thread = new Thread(Accept) { IsBackground = true };
        _thread.Start();
    }

    internal int Port { get; }

    internal int Connections => Volatile.Read(ref _connections);

    /// <summary>A peer that answers the opening question as a TPM does, and then does as it is told.</summary>
    internal static LoopbackPeer AfterProbe(Action<Socket> serve) => new(socket =>
    {
        ReadCommand(socket);
        socket.Send(Frames.Response(Frames.Success));
        serve(socket);
    });

    /// <summary>Reads one command frame; empty when the client is gone.</summary>
    internal static byte[] ReadCommand(Socket socket)
    {
        byte[] header = Read(socket, 10);
        return header.Length == 0 ? header : [.. header, .. Read(socket, (header[4] << 8 | header[5]) - 10)];
    }

    /// <summary>Reads so many bytes; empty when the client is gone.</summary>
    internal static byte[] Read(Socket socket, int count)
    {
        byte[] bytes = new byte[count];
        for (int have = 0; have < count;)
        {
            int got = socket.Receive(bytes, have, count - have, SocketFlags.None);
            if (got == 0) return [];
            have += got;
        }
        return bytes;
    }

    public void Dispose()
    {
        _disposed = true;
        _listener.Dispose();
        _client?.Dispose();
        _thread.Join();
    }

    private void Accept()
    {
        while (!_disposed)
        {
            try
            {
                using Socket client = _client = _listener.Accept();
                client.NoDelay = true;
                Interlocked.Increment(ref _connections);
                _serve(client);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The client hung up, or the test is over.
            }
        }
    }
}
