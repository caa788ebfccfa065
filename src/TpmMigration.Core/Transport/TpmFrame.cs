using System;
using System.Globalization;

namespace TpmMigration.Transport;

/// <summary>The ten bytes every TPM command and response begins with: tag (2), size of the whole frame (4), code (4), big-endian.</summary>
internal static class TpmFrame
{
    internal const int HeaderSize = 10;
    internal const int MaximumSize = 4096;

    private const int NoSessions = 0x8001;
    private const int Sessions = 0x8002;
    private const int Tpm12Response = 0x00C4;

    /// <summary>Refuses what is no command frame before any of it is sent.</summary>
    /// <exception cref="ArgumentException">The caller's mistake.</exception>
    internal static void CheckCommand(byte[] command)
    {
        if (command is null) throw new ArgumentNullException(nameof(command));
        if (command.Length < HeaderSize || command.Length > MaximumSize)
            throw new ArgumentException(Text("A TPM command has 10 to 4096 bytes, not {0}.", command.Length), nameof(command));
        if (Size(command) != (uint)command.Length)
            throw new ArgumentException(
                Text("The command's size field says {0}, but it has {1} bytes.", Size(command), command.Length), nameof(command));
    }

    /// <summary>The size a response's header states, if it can be one.</summary>
    /// <param name="buffer">Has at least the header.</param>
    /// <param name="offset">Where the header begins.</param>
    /// <exception cref="TpmTransportException">These bytes do not begin a TPM 2.0 response.</exception>
    internal static int CheckResponseHeader(byte[] buffer, int offset = 0)
    {
        int tag = (buffer[offset] << 8) | buffer[offset + 1];
        if (tag == Tpm12Response)
            throw new TpmTransportException("The TPM answers as a TPM 1.2 does. A TPM 2.0 is needed.");
        if (tag != NoSessions && tag != Sessions)
            throw new TpmTransportException(Text("What came back is no TPM response: it begins with 0x{0:X4}.", tag));
        uint size = Size(buffer, offset);
        if (size < HeaderSize || size > MaximumSize)
            throw new TpmTransportException(
                Text("What came back is no TPM response: it states a size of {0}, which must be 10 to 4096.", size));
        return (int)size;
    }

    /// <summary>A frame of its own from the beginning of a buffer; the buffer's copy is cleared, for frames can hold secrets.</summary>
    internal static byte[] Take(byte[] buffer, int offset, int size)
    {
        byte[] frame = new byte[size];
        Buffer.BlockCopy(buffer, offset, frame, 0, size);
        Array.Clear(buffer, offset, size);
        return frame;
    }

    /// <summary>A response without parameters.</summary>
    internal static byte[] Response(uint code) =>
        [NoSessions >> 8, NoSessions & 0xFF, 0, 0, 0, HeaderSize, (byte)(code >> 24), (byte)(code >> 16), (byte)(code >> 8), (byte)code];

    /// <summary>The command code of a command, the response code of a response.</summary>
    internal static uint Code(byte[] frame) => BigEndian(frame, 6);

    internal static uint BigEndian(byte[] bytes, int offset) =>
        ((uint)bytes[offset] << 24) | ((uint)bytes[offset + 1] << 16) | ((uint)bytes[offset + 2] << 8) | bytes[offset + 3];

    internal static void PutBigEndian(uint value, byte[] bytes, int offset)
    {
        bytes[offset] = (byte)(value >> 24);
        bytes[offset + 1] = (byte)(value >> 16);
        bytes[offset + 2] = (byte)(value >> 8);
        bytes[offset + 3] = (byte)value;
    }

    private static uint Size(byte[] frame, int offset = 0) => BigEndian(frame, offset + 2);

    private static string Text(string format, params object[] values) => string.Format(CultureInfo.InvariantCulture, format, values);
}
