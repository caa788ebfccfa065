using System;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace TpmMigration.Testing;

/// <summary>
/// Stands between a program and a simulated TPM, and gives other answers to one command than the TPM does. All other commands pass.
/// </summary>
public sealed class InterceptedTpm : IDisposable
{
    private const int HeaderSize = 10;

    private readonly SimulatedTpm _behind;
    private readonly uint _commandCode;
    private readonly Func<Func<byte[]?>, byte[]?> _answer;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentQueue<uint> _commands = new();
    private readonly Thread _thread;
    private volatile Socket? _client;
    private volatile bool _disposed;

    /// <param name="behind">The TPM.</param>
    /// <param name="commandCode">TPM_CC of the command whose answers are altered.</param>
    /// <param name="answer">Gives the response, or null to hang up instead; what it is given asks the TPM.</param>
    public InterceptedTpm(SimulatedTpm behind, uint commandCode, Func<Func<byte[]?>, byte[]?> answer)
    {
        (_behind, _commandCode, _answer) = (behind, commandCode, answer);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _thread = new Thread(Accept) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Only watches.</summary>
    public InterceptedTpm(SimulatedTpm behind) : this(behind, 0, ask => ask())
    {
    }

    /// <summary>TPM_CC of the commands that came, in their order.</summary>
    public IReadOnlyCollection<uint> Commands => _commands;

    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"swtpm:host=127.0.0.1,port={((IPEndPoint)_listener.LocalEndPoint!).Port}");

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
                using var tpm = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                client.NoDelay = true;
                tpm.Connect(IPAddress.Loopback, _behind.Port);
                Serve(client, tpm);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The client hung up, or the test is over.
            }
        }
    }

    private void Serve(Socket client, Socket tpm)
    {
        while (ReadFrame(client) is { } command)
        {
            byte[]? Ask()
            {
                tpm.Send(command);
                return ReadFrame(tpm);
            }
            uint code = BinaryPrimitives.ReadUInt32BigEndian(command.AsSpan(6));
            _commands.Enqueue(code);
            byte[]? response = code == _commandCode ? _answer(Ask) : Ask();
            if (response == null) return;
            client.Send(response);
        }
    }

    private static byte[]? ReadFrame(Socket socket)
    {
        byte[] header = new byte[HeaderSize];
        if (!Fill(socket, header)) return null;
        byte[] body = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(2)) - HeaderSize];
        return Fill(socket, body) ? [.. header, .. body] : null;
    }

    private static bool Fill(Socket socket, byte[] buffer)
    {
        for (int have = 0; have < buffer.Length;)
        {
            int got = socket.Receive(buffer, have, buffer.Length - have, SocketFlags.None);
            if (got == 0) return false;
            have += got;
        }
        return true;
    }
}
