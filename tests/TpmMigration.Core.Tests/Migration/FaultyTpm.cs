using System;
using System.Linq;
using System.Net.Sockets;
using TpmMigration.Testing;
using TpmMigration.Tests.Transport;
using TpmMigration.Transport;

namespace TpmMigration.Tests.Migration;

/// <summary>What goes wrong with one command.</summary>
public enum TpmFault
{
    /// <summary>The connection ends before the TPM has the command.</summary>
    HangUp,

    /// <summary>What comes back does not even look like a response.</summary>
    NoResponse,

    /// <summary>What comes back is a response that says success and then nonsense.</summary>
    Nonsense,
}

/// <summary>Stands in front of a TPM: one command never reaches it, and all others do, on this connection or the next.</summary>
internal sealed class FaultyTpm : IDisposable
{
    private readonly ITpmTransport _tpm;
    private readonly LoopbackPeer _peer;
    private readonly int _faulty;
    private readonly TpmFault _fault;
    private int _count;

    /// <param name="behind">The TPM.</param>
    /// <param name="faulty">The command, from 0, that goes wrong. What a transport sends to see whether a TPM is there does not count.</param>
    /// <param name="fault">What goes wrong with it.</param>
    internal FaultyTpm(SimulatedTpm behind, int faulty, TpmFault fault)
    {
        (_faulty, _fault) = (faulty, fault);
        _tpm = TpmConnection.Open(behind.ConnectionString);
        _peer = new LoopbackPeer(Serve);
    }

    internal string ConnectionString => FormattableString.Invariant($"swtpm:host=127.0.0.1,port={_peer.Port}");

    internal bool HasFailed => _count > _faulty;

    public void Dispose()
    {
        _peer.Dispose();
        _tpm.Dispose();
    }

    private void Serve(Socket client)
    {
        while (LoopbackPeer.ReadCommand(client) is { Length: > 0 } command)
        {
            if (IsProbe(command) || _count++ != _faulty)
            {
                client.Send(_tpm.Transmit(command, default));
                continue;
            }
            if (_fault == TpmFault.HangUp) return;
            byte[] response = [.. Frames.Response(Frames.Success, [.. Enumerable.Repeat((byte)0xFF, 90)])];
            if (command[1] == 2) response[1] = 2;
            if (_fault == TpmFault.NoResponse) response[0] = 0x48;
            client.Send(response);
        }
    }

    // TPM2_GetCapability of one property, the first.
    private static bool IsProbe(byte[] command) => command.Length == 22 && command.AsSpan(6).SequenceEqual(new byte[] { 0, 0, 1, 0x7A, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 0, 1 });
}
