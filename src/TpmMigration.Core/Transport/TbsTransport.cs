using System;
using System.Threading;

namespace TpmMigration.Transport;

/// <summary>
/// The TPM of a Windows computer through the TPM Base Services, which share it among programs and flush what a closed connection
/// left behind.
/// </summary>
public sealed class TbsTransport : ITpmTransport, IOwnerAuthSource
{
    private const uint TpmRcCanceled = 0x909;
    private const int LargestAuth = 256;

    private readonly ITbs _tbs;
    private readonly object _gate = new();
    private readonly byte[] _buffer = new byte[TpmFrame.MaximumSize];
    private IntPtr _context;

    private TbsTransport(ITbs tbs, IntPtr context)
    {
        _tbs = tbs;
        _context = context;
    }

    /// <summary>Opens a connection to the TPM Base Services.</summary>
    /// <exception cref="TpmNotFoundException">This computer has no TPM 2.0, or is none with Windows.</exception>
    /// <exception cref="TpmTransportException">The TPM Base Services do not serve us; the message has their reason.</exception>
    public static TbsTransport Open()
    {
        if (Environment.OSVersion.Platform != PlatformID.Win32NT)
            throw new TpmNotFoundException("The TPM Base Services (tbs) exist on Windows only. Use device:/dev/tpmrm0 or a simulator.");
        return Open(new NativeTbs());
    }

    internal static TbsTransport Open(ITbs tbs)
    {
        uint result = tbs.CreateContext(out IntPtr context);
        return result switch
        {
            TbsResult.Success => new TbsTransport(tbs, context),
            TbsResult.TpmNotFound => throw new TpmNotFoundException($"There is no TPM: {TbsResult.Describe(result)}."),
            _ => throw new TpmTransportException($"The TPM cannot be opened: {TbsResult.Describe(result)}."),
        };
    }

    /// <inheritdoc/>
    /// <exception cref="TpmCommandBlockedException">Windows does not let this command through.</exception>
    public byte[] Transmit(byte[] command, CancellationToken cancellation)
    {
        TpmFrame.CheckCommand(command);
        lock (_gate)
        {
            if (_context == IntPtr.Zero) throw new ObjectDisposedException(nameof(TbsTransport));
            uint size = TpmFrame.MaximumSize;
            uint result;
            using (cancellation.Register(() => _tbs.CancelCommands(_context)))
                result = _tbs.SubmitCommand(_context, command, _buffer, ref size);
            return result switch
            {
                TbsResult.Success => TakeResponse(command, size),
                TbsResult.CommandCanceled => TpmFrame.Response(TpmRcCanceled),
                TbsResult.CommandBlocked => throw new TpmCommandBlockedException(TpmFrame.Code(command)),
                _ => throw new TpmTransportException($"The TPM was not reached: {TbsResult.Describe(result)}."),
            };
        }
    }

    /// <inheritdoc/>
    public byte[]? GetOwnerAuth()
    {
        lock (_gate)
        {
            if (_context == IntPtr.Zero) throw new ObjectDisposedException(nameof(TbsTransport));
            byte[] value = new byte[LargestAuth];
            uint size = LargestAuth;
            uint result = _tbs.GetOwnerAuth(_context, value, ref size);
            return result switch
            {
                TbsResult.Success => TpmFrame.Take(value, 0, (int)size),
                TbsResult.OwnerAuthNotFound or TbsResult.AccessDenied => null,
                _ => throw new TpmTransportException($"Windows did not give the owner authorization: {TbsResult.Describe(result)}."),
            };
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_context == IntPtr.Zero) return;
            _tbs.CloseContext(_context);
            _context = IntPtr.Zero;
        }
    }

    private byte[] TakeResponse(byte[] command, uint size)
    {
        if (size < TpmFrame.HeaderSize || size != (uint)TpmFrame.CheckResponseHeader(_buffer))
            throw new TpmTransportException("The TPM Base Services returned no complete TPM response. Open the TPM anew.");
        byte[] response = TpmFrame.Take(_buffer, 0, (int)size);
        // Some commands are refused not by the call but in the TPM's name, with Windows' own code.
        return TpmFrame.Code(response) == TbsResult.CommandBlocked
            ? throw new TpmCommandBlockedException(TpmFrame.Code(command))
            : response;
    }
}
