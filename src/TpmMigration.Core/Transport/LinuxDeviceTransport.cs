using System;
using System.IO;
using System.Threading;

namespace TpmMigration.Transport;

/// <summary>
/// A TPM character device of Linux: /dev/tpmrm0 with the kernel's resource manager, or /dev/tpm0 without. One write carries the
/// command, one read the response.
/// </summary>
/// <remarks>Linux offers no way to cancel a TPM 2.0 command: it runs to its end.</remarks>
public sealed class LinuxDeviceTransport : ITpmTransport
{
    private const int Busy = 16;

    private readonly string _path;
    private readonly FileStream _device;
    private readonly byte[] _buffer = new byte[TpmFrame.MaximumSize];
    private readonly object _gate = new();
    private bool _failed;

    private LinuxDeviceTransport(string path, FileStream device)
    {
        _path = path;
        _device = device;
    }

    /// <summary>Opens the device for reading and writing.</summary>
    /// <exception cref="TpmNotFoundException">There is no such device.</exception>
    /// <exception cref="TpmTransportException">It is there, but may not be used, or some other program has it.</exception>
    public static LinuxDeviceTransport Open(string path)
    {
        if (path is null) throw new ArgumentNullException(nameof(path));
        try
        {
            // Unbuffered: the framework's buffer would split and join frames.
            return new LinuxDeviceTransport(path, new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 1));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TpmNotFoundException($"There is no TPM device {path}.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TpmTransportException(
                $"The TPM device {path} may not be used by this user. Run as root, or join the group that owns it (often tss).", e);
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) == Busy)
        {
            throw new TpmTransportException($"The TPM device {path} is in use by another program. Use /dev/tpmrm0, which is shared.", e);
        }
        catch (IOException e)
        {
            throw new TpmTransportException($"The TPM device {path} cannot be opened ({e.Message}).", e);
        }
    }

    /// <inheritdoc/>
    public byte[] Transmit(byte[] command, CancellationToken cancellation)
    {
        TpmFrame.CheckCommand(command);
        lock (_gate)
        {
            if (_failed) throw new TpmTransportException($"The TPM device {_path} has failed before. Open the TPM anew.");
            _failed = true;
            byte[] response = Exchange(command);
            _failed = false;
            return response;
        }
    }

    public void Dispose() => _device.Dispose();

    private byte[] Exchange(byte[] command)
    {
        try
        {
            _device.Write(command, 0, command.Length);
            int have = Read(0, TpmFrame.HeaderSize);
            int size = TpmFrame.CheckResponseHeader(_buffer);
            have = Read(have, size);
            if (have > size)
                throw new TpmTransportException($"The TPM device {_path} returned more than one response. Open the TPM anew.");
            return TpmFrame.Take(_buffer, 0, size);
        }
        catch (IOException e)
        {
            throw new TpmTransportException($"The TPM device {_path} failed ({e.Message}). Open the TPM anew.", e);
        }
    }

    private int Read(int have, int needed)
    {
        while (have < needed)
        {
            int got = _device.Read(_buffer, have, _buffer.Length - have);
            if (got == 0)
                throw new TpmTransportException(
                    $"The TPM device {_path} ended its response before it was complete. The command may have run. Open the TPM anew.");
            have += got;
        }
        return have;
    }
}
