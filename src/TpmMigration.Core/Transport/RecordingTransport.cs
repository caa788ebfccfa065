using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;

namespace TpmMigration.Transport;

/// <summary>
/// Keeps a copy of every frame, for tests and diagnosis. Frames can hold secrets in the clear (authorization values outside HMAC
/// sessions, imported private keys): a record is as confidential as they are.
/// </summary>
public sealed class RecordingTransport : TransportDecorator
{
    private readonly List<RecordedExchange> _exchanges = [];

    public RecordingTransport(ITpmTransport inner) : base(inner) { }

    /// <summary>What has been exchanged so far, in order.</summary>
    public IReadOnlyList<RecordedExchange> Exchanges
    {
        get
        {
            lock (_exchanges) return _exchanges.ToArray();
        }
    }

    /// <inheritdoc/>
    public override byte[] Transmit(byte[] command, CancellationToken cancellation)
    {
        if (command is null) throw new ArgumentNullException(nameof(command));
        byte[] copy = (byte[])command.Clone();
        byte[]? response = null;
        try
        {
            response = Inner.Transmit(command, cancellation);
            return response;
        }
        finally
        {
            lock (_exchanges) _exchanges.Add(new RecordedExchange(copy, (byte[]?)response?.Clone()));
        }
    }

    /// <summary>Forgets the record, and clears its bytes.</summary>
    public void Clear()
    {
        lock (_exchanges)
        {
            foreach (RecordedExchange exchange in _exchanges)
            {
                Array.Clear(exchange.Command, 0, exchange.Command.Length);
                if (exchange.Response is not null) Array.Clear(exchange.Response, 0, exchange.Response.Length);
            }
            _exchanges.Clear();
        }
    }

    /// <summary>Writes the record: a line "&gt; " and the command in hexadecimal, a line "&lt; " and the response ("none" if none came).</summary>
    public void WriteTo(TextWriter writer)
    {
        if (writer is null) throw new ArgumentNullException(nameof(writer));
        foreach (RecordedExchange exchange in Exchanges)
        {
            writer.WriteLine("> " + Hexadecimal(exchange.Command));
            writer.WriteLine("< " + (exchange.Response is null ? "none" : Hexadecimal(exchange.Response)));
        }
    }

    private static string Hexadecimal(byte[] bytes)
    {
        const string Digits = "0123456789abcdef";
        var text = new StringBuilder(bytes.Length * 2);
        foreach (byte b in bytes) text.Append(Digits[b >> 4]).Append(Digits[b & 0xF]);
        return text.ToString();
    }
}
