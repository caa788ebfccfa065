using System;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace TpmMigration.Transport;

/// <summary>Where a simulator's socket is: a host and port, or a Unix socket's path.</summary>
internal sealed class SocketAddressee
{
    private readonly string? _host;
    private readonly int _port;
    private readonly string? _path;

    internal SocketAddressee(string host, int port)
    {
        _host = host;
        _port = port;
    }

    internal SocketAddressee(string path) => _path = path;

    /// <summary>Connects within a bounded time.</summary>
    /// <exception cref="SocketException">Nobody listens there, or the connection was not accepted in time.</exception>
    internal Socket Connect(TimeSpan patience)
    {
        if (_path is not null)
            return Connect(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.IP), new UnixSocketEndPoint(_path).EndPoint, patience);

        IPAddress[] addresses = IPAddress.TryParse(_host!, out IPAddress? literal) ? [literal] : Resolve(_host!, patience);
        for (int i = 0; ; i++)
        {
            try
            {
                var socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                return Connect(socket, new IPEndPoint(addresses[i], _port), patience);
            }
            catch (SocketException) when (i < addresses.Length - 1)
            {
                // A name with several addresses: the next one may be listened on.
            }
        }
    }

    public override string ToString() => _path ?? string.Format(CultureInfo.InvariantCulture, "{0} port {1}", _host, _port);

    private static IPAddress[] Resolve(string host, TimeSpan patience)
    {
        IAsyncResult resolving = Dns.BeginGetHostAddresses(host, null, null);
        if (!resolving.AsyncWaitHandle.WaitOne(patience)) throw new SocketException((int)SocketError.TimedOut);
        return Dns.EndGetHostAddresses(resolving);
    }

    /// <remarks>
    /// On a thread of its own, because the framework has no bounded blocking connect, and a socket once used asynchronously
    /// costs two thread switches for each later blocking read.
    /// </remarks>
    private static Socket Connect(Socket socket, EndPoint endPoint, TimeSpan patience)
    {
        SocketException? failure = null;
        var connecting = new Thread(() =>
        {
            try
            {
                socket.Connect(endPoint);
            }
            catch (SocketException e)
            {
                failure = e;
            }
            catch (ObjectDisposedException)
            {
                // Given up below.
            }
        }) { IsBackground = true, Name = "TPM connect" };
        connecting.Start();
        if (!connecting.Join(patience)) failure = new SocketException((int)SocketError.TimedOut);
        if (failure is null) return socket;
        socket.Dispose();
        throw failure;
    }
}
