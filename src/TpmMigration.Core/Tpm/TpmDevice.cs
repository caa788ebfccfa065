using System;
using System.Collections.Generic;
using System.Threading;
using TpmMigration.Transport;

namespace TpmMigration.Tpm;

/// <summary>
/// A TPM to which commands are sent. It is the only place where a frame is built or parsed, and it knows every object and session
/// it loaded: what is left of them is flushed when it is disposed, whatever happened in between.
/// </summary>
public sealed class TpmDevice : IDisposable
{
    private readonly CancellationToken _cancellation;
    private readonly List<TpmHandle> _loaded = [];
    private Func<ITpmTransport>? _reopen;
    private MeasuringTransport _transport;
    private bool _lost;
    private bool _undoing;

    /// <param name="transport">The way to the TPM; disposed with the device.</param>
    /// <param name="cancellation">Stops before the next command and asks the TPM to abandon the one under way. Cleaning up goes on.</param>
    public TpmDevice(ITpmTransport transport, CancellationToken cancellation = default) : this(transport, null, cancellation) { }

    /// <param name="transport">The way to the TPM; disposed with the device.</param>
    /// <param name="reopen">Another way to the same TPM, tried once to clean up when the first has failed; null for none.</param>
    /// <param name="cancellation">Stops before the next command and asks the TPM to abandon the one under way. Cleaning up goes on.</param>
    public TpmDevice(ITpmTransport transport, Func<ITpmTransport>? reopen, CancellationToken cancellation)
    {
        _transport = new MeasuringTransport(transport);
        _cancellation = cancellation;
        _reopen = reopen;
    }

    /// <summary>Commands sent so far, those that failed included; one that a busy TPM put off counts once.</summary>
    public long CommandCount => _transport.CommandCount;

    /// <summary>Time spent waiting for the TPM's responses, summed.</summary>
    public TimeSpan WaitingTime => _transport.WaitingTime;

    /// <summary>The owner's authorization value as the operating system keeps it (Windows, to administrators); null where it does not.</summary>
    public byte[]? KnownOwnerAuth => _transport.GetOwnerAuth();

    /// <summary>Says when the work is cancelled, to whatever else takes part in it.</summary>
    public CancellationToken Cancellation => _cancellation;

    /// <summary>Opens the TPM that a connection string names, with retry of what a busy TPM puts off.</summary>
    /// <param name="connection">Null for the one in TPMMIGRATION_TPM, or the platform's.</param>
    /// <param name="cancellation">See the constructor.</param>
    /// <exception cref="TpmConnectionStringException">It is no connection string.</exception>
    /// <exception cref="TpmTransportException">The TPM cannot be reached.</exception>
    public static TpmDevice Open(string? connection, CancellationToken cancellation = default) =>
        new(OpenTransport(connection), () => OpenTransport(connection), cancellation);

    /// <summary>Sends a command and reads its response.</summary>
    /// <param name="command">The command.</param>
    /// <param name="authorizations">One for each handle that needs authorization, then sessions that only protect parameters.</param>
    /// <exception cref="TpmException">The TPM refused.</exception>
    /// <exception cref="TpmWireException">The response makes no sense, or is not authentic.</exception>
    /// <exception cref="TpmTransportException">The TPM cannot be reached.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public TResponse Execute<TResponse>(TpmCommand<TResponse> command, params TpmAuthorization[] authorizations)
    {
        if (_undoing) return Exchange(command, authorizations, CancellationToken.None);
        _cancellation.ThrowIfCancellationRequested();
        return Exchange(command, authorizations, _cancellation);
    }

    /// <summary>
    /// Runs commands that take back what failed work has done, also when it was cancelled or the connection failed; they start sessions
    /// of their own, since others may have lost their step. A TPM that went away or refuses is passed over: the error that made the undoing necessary is the one to be told.
    /// </summary>
    public void Undo(Action commands)
    {
        _undoing = true;
        try
        {
            if (_lost) OpenAnew();
            commands();
        }
        catch (Exception e) when (e is TpmException or TpmTransportException or TpmWireException)
        {
            // See the summary.
        }
        finally
        {
            _undoing = false;
        }
    }

    /// <summary>
    /// Flushes an object or session if this device loaded it and the TPM still holds it. Persistent handles are left alone. It never
    /// fails the work it cleans up after: what cannot be flushed now is tried again when the device is disposed.
    /// </summary>
    public void Flush(TpmHandle handle)
    {
        if (_lost || !_loaded.Exists(loaded => loaded.Value == handle.Value)) return;
        try
        {
            Exchange(new FlushContext { FlushHandle = handle.Value }, [], CancellationToken.None);
        }
        catch (Exception e) when (e is TpmTransportException or TpmException or TpmWireException)
        {
            // See the summary. A TPM that refuses was restarted, or never had it: what was to be achieved is so already.
            // Whoever kept the TPM to itself until now will do so a second time.
            if (e is TpmOccupiedException) _reopen = null;
        }
    }

    /// <summary>
    /// Flushes what this device loaded and is still there, then closes the transport. Where the transport has failed, the TPM may be
    /// alive behind it: it is opened anew for that, once. What a lost response would have told of cannot be known and is not flushed.
    /// </summary>
    public void Dispose()
    {
        try
        {
            FlushAll();
            if (!_lost || _loaded.Count == 0) return;
            OpenAnew();
            FlushAll();
        }
        catch (TpmTransportException)
        {
            // The TPM went away: there is nothing left to flush in it, and the error that tells of it is already on its way.
        }
        finally
        {
            _transport.Dispose();
        }
    }

    private static RetryTransport OpenTransport(string? connection) => new(TpmConnection.Open(connection));

    private void OpenAnew()
    {
        if (_reopen == null) return;
        _transport.Dispose();
        _transport = new MeasuringTransport(_reopen());
        _reopen = null;
        _lost = false;
    }

    private void FlushAll()
    {
        foreach (TpmHandle handle in _loaded.ToArray())
            Flush(handle);
    }

    private TResponse Exchange<TResponse>(TpmCommand<TResponse> command, TpmAuthorization[] uses, CancellationToken cancellation)
    {
        if (uses.Length < command.AuthorizedHandles)
            throw new ArgumentException($"{command.Code} needs {command.AuthorizedHandles} authorizations, {uses.Length} were given.", nameof(uses));
        byte[] response;
        try
        {
            response = _transport.Transmit(BuildFrame(command, uses), cancellation);
        }
        catch (TpmTransportException)
        {
            _lost = true;
            throw;
        }
        return ParseFrame(command, uses, response, cancellation);
    }

    private static byte[] BuildFrame<TResponse>(TpmCommand<TResponse> command, TpmAuthorization[] uses)
    {
        foreach (TpmAuthorization use in uses)
            use.Session?.RollNonceCaller();
        using var parameters = new TpmWriter();
        command.WriteParameters(parameters);
        byte[] body = EncryptFirst(parameters.ToArray(), uses);

        using var frame = new TpmWriter();
        frame.WriteU16((ushort)(uses.Length == 0 ? TpmSt.NoSessions : TpmSt.Sessions));
        frame.WriteU32(0);
        frame.WriteU32((uint)command.Code);
        foreach (TpmHandle handle in command.Handles)
            frame.WriteU32(handle.Value);
        if (uses.Length != 0)
        {
            frame.WriteU32(0);
            int start = frame.Length;
            byte[] otherNonces = TpmAuthorization.OtherNonces(uses);
            for (int i = 0; i < uses.Length; i++)
            {
                byte[] cpHash = uses[i].Session == null ? [] : CommandHash.Compute(uses[i].Session!.HashAlg, command.Code, command.Handles, body);
                uses[i].Write(frame, cpHash, EntityName(command, i), i == 0 ? otherNonces : []);
            }
            frame.PatchU32(start - 4, (uint)(frame.Length - start));
        }
        frame.WriteBytes(body);
        frame.PatchU32(2, (uint)frame.Length);
        return frame.ToArray();
    }

    private TResponse ParseFrame<TResponse>(TpmCommand<TResponse> command, TpmAuthorization[] uses, byte[] response, CancellationToken cancellation)
    {
        var reader = new TpmReader(response);
        var tag = (TpmSt)reader.ReadU16();
        if (reader.ReadU32() != response.Length)
            throw new TpmWireException($"The TPM's answer to {command.Code} states another size than it has.");
        uint code = reader.ReadU32();
        if (code != 0)
        {
            TpmRc refusal = TpmException.Decode(code).Code;
            // A busy TPM's answer comes through when waiting for it was cancelled.
            if (refusal == TpmRc.Canceled || refusal == TpmRc.Retry || refusal == TpmRc.Yielded || refusal == TpmRc.Testing) cancellation.ThrowIfCancellationRequested();
            throw new TpmException(command.Code, code);
        }
        if (tag != (uses.Length == 0 ? TpmSt.NoSessions : TpmSt.Sessions))
            throw new TpmWireException($"The TPM's answer to {command.Code} has the tag 0x{(ushort)tag:X4}.");

        uint handle = command.LoadsHandle ? reader.ReadU32() : 0;
        if (command.LoadsHandle) _loaded.Add(TpmHandle.Permanent(handle));
        int size = uses.Length == 0 ? reader.Remaining : checked((int)Math.Min(reader.ReadU32(), int.MaxValue));
        byte[] body = reader.ReadBytes(size);
        for (int i = 0; i < uses.Length; i++)
        {
            TpmSession? session = uses[i].Session;
            byte[] rpHash = session == null ? [] : CommandHash.ComputeResponse(session.HashAlg, command.Code, body);
            if (!uses[i].ReadResponse(reader, rpHash, EntityName(command, i)) && session != null)
                Forget(session.Handle.Value);
        }
        reader.EnsureEnd("The TPM's answer");
        DecryptFirst(body, uses);

        var parameters = new TpmReader(body);
        TResponse result = command.ReadResponse(handle, parameters);
        parameters.EnsureEnd("The TPM's answer");
        Array.Clear(body, 0, body.Length);
        // Only now: a nonsensical answer is no sign that the TPM has flushed anything.
        if (command is FlushContext flush) Forget(flush.FlushHandle);
        return result;
    }

    private void Forget(uint handle) => _loaded.RemoveAll(loaded => loaded.Value == handle);

    private static byte[]? EntityName<TResponse>(TpmCommand<TResponse> command, int use) =>
        use < command.AuthorizedHandles ? command.Handles[use].Name : null;

    private static byte[] EncryptFirst(byte[] body, TpmAuthorization[] uses)
    {
        TpmAuthorization? use = Array.Find(uses, u => u.DecryptsCommand);
        if (use?.Session is not { } session) return body;
        byte[] first = new TpmReader(body).ReadTpm2b();
        byte[] encrypted = session.CryptParameter(first, use.Value, session.NonceCaller, session.NonceTpm, encrypt: true);
        Buffer.BlockCopy(encrypted, 0, body, 2, encrypted.Length);
        Array.Clear(first, 0, first.Length);
        return body;
    }

    private static void DecryptFirst(byte[] body, TpmAuthorization[] uses)
    {
        TpmAuthorization? use = Array.Find(uses, u => u.EncryptsResponse);
        if (use?.Session is not { } session) return;
        byte[] first = new TpmReader(body).ReadTpm2b();
        byte[] plain = session.CryptParameter(first, use.Value, session.NonceTpm, session.NonceCaller, encrypt: false);
        Buffer.BlockCopy(plain, 0, body, 2, plain.Length);
        Array.Clear(plain, 0, plain.Length);
    }
}
