using System;
using System.Diagnostics;
using System.Net.Sockets;
using System.Threading;

namespace TpmMigration.Transport;

/// <summary>
/// A simulator behind sockets. Simulators serve one connection at a time, so the connection is let go when no command has been
/// sent for a moment, and taken up with the next: other programs, and other transports of this one, come in between.
/// Nothing in the TPM depends on the connection.
/// </summary>
public abstract class SocketTransport : ITpmTransport
{
    private static readonly TimeSpan s_connectPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_idleLimit = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_waitSlice = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_never = Timeout.InfiniteTimeSpan;

    /// <summary>How long another client may keep us waiting for our turn.</summary>
    private static readonly TimeSpan s_turnPatience = TimeSpan.FromSeconds(10);

    /// <summary>TPM2_GetCapability of one fixed property: harmless, and answered whatever state the TPM is in.</summary>
    private static readonly byte[] s_probe =
        [0x80, 0x01, 0, 0, 0, 22, 0, 0, 0x01, 0x7A, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 0, 1];

    private readonly object _gate = new();
    private readonly Timer _idleTimer;
    private readonly TimeSpan _patience;
    private readonly Stopwatch _waited = new();
    private CancellationToken _waitCancellation;
    private long _lastUse;
    private bool _connected;
    private bool _failed;
    private bool _disposed;

    private protected SocketTransport(TimeSpan? turnPatience)
    {
        _patience = turnPatience ?? s_turnPatience;
        _idleTimer = new Timer(_ => LetGoIfIdle(), null, s_never, s_never);
    }

    /// <inheritdoc/>
    public byte[] Transmit(byte[] command, CancellationToken cancellation)
    {
        TpmFrame.CheckCommand(command);
        lock (_gate)
        {
            if (_disposed) throw new ObjectDisposedException(GetType().Name);
            if (_failed) throw new TpmTransportException($"The connection to {Name} has failed before. Open the TPM anew.");
            bool done = false;
            try
            {
                TakeUp(cancellation);
                byte[] response = Exchange(command, cancellation);
                done = true;
                return response;
            }
            catch (SocketException e)
            {
                throw new TpmTransportException($"{Name} broke the connection ({e.Message}). Open the TPM anew.", e);
            }
            catch (OperationCanceledException)
            {
                // No command was sent: the way is as good as before, and cleaning up may still need it.
                LetGo();
                done = true;
                throw;
            }
            finally
            {
                _lastUse = Stopwatch.GetTimestamp();
                if (!done)
                {
                    _failed = true;
                    LetGo();
                }
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            LetGo();
            _idleTimer.Dispose();
        }
        GC.SuppressFinalize(this);
    }

    /// <summary>What the other side is called in messages.</summary>
    private protected abstract string Name { get; }

    private protected abstract void Connect(TimeSpan patience);

    /// <summary>What the protocol wants said before the first command.</summary>
    private protected virtual void Greet() { }

    private protected abstract void Disconnect();

    private protected abstract byte[] Exchange(byte[] command, CancellationToken cancellation);

    /// <summary>Connects for the first time.</summary>
    /// <exception cref="TpmNotFoundException">Nobody listens there.</exception>
    private protected void Open()
    {
        lock (_gate)
        {
            try
            {
                TakeUp(CancellationToken.None);
            }
            catch (SocketException e)
            {
                LetGo();
                _idleTimer.Dispose();
                throw new TpmNotFoundException($"No TPM at {Name} ({e.Message}). Is the simulator running?", e);
            }
            catch (TpmTransportException)
            {
                LetGo();
                _idleTimer.Dispose();
                throw;
            }
            _lastUse = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>Fills a buffer until a count is reached, as few reads as the other side allows.</summary>
    /// <returns>How many bytes there are, at least <paramref name="needed"/>.</returns>
    private protected int Receive(Socket socket, byte[] buffer, int have, int needed)
    {
        while (have < needed)
        {
            if (_waited.IsRunning) WaitForTurn(socket);
            int got = socket.Receive(buffer, have, buffer.Length - have, SocketFlags.None);
            if (got == 0)
                throw new TpmTransportException(
                    $"{Name} hung up before its response was complete. The command may have run. Open the TPM anew.");
            have += got;
        }
        return have;
    }

    private void TakeUp(CancellationToken cancellation)
    {
        if (_connected) return;
        Connect(s_connectPatience);
        _connected = true;

        // A simulator's system accepts connections for it even while it serves another client, and no read would ever end.
        _waitCancellation = cancellation;
        _waited.Restart();
        try
        {
            Greet();
            Exchange(s_probe, CancellationToken.None);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.TimedOut)
        {
            throw new TpmOccupiedException(
                $"{Name} does not answer. Simulators serve one client at a time: end the other program that keeps its connection open.", e);
        }
        finally
        {
            _waited.Reset();
        }
        _idleTimer.Change(s_idleLimit, s_never);
    }

    private void WaitForTurn(Socket socket)
    {
        while (!socket.Poll((int)s_waitSlice.TotalMilliseconds * 1000, SelectMode.SelectRead))
        {
            _waitCancellation.ThrowIfCancellationRequested();
            if (_waited.Elapsed >= _patience) throw new SocketException((int)SocketError.TimedOut);
        }
    }

    private void LetGo()
    {
        _connected = false;
        Disconnect();
    }

    private void LetGoIfIdle()
    {
        if (!Monitor.TryEnter(_gate))
        {
            // In use. Dispose would have won the gate for good, so the timer still exists or this has no effect.
            Rearm();
            return;
        }
        try
        {
            if (_disposed || !_connected) return;
            long idle = Stopwatch.GetTimestamp() - _lastUse;
            if (idle >= s_idleLimit.TotalSeconds * Stopwatch.Frequency) LetGo();
            else Rearm();
        }
        finally
        {
            Monitor.Exit(_gate);
        }
    }

    private void Rearm()
    {
        try
        {
            _idleTimer.Change(s_idleLimit, s_never);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile; there is nothing left to let go.
        }
    }
}
