using System;

namespace TpmMigration.Tpm;

/// <summary>Writes the big-endian structures of TPM 2.0 Part 2. What it held is cleared when it is disposed, since it may be secret.</summary>
public sealed class TpmWriter : IDisposable
{
    private byte[] _buffer = new byte[512];

    public int Length { get; private set; }

    public void WriteU8(byte value)
    {
        Reserve(1);
        _buffer[Length++] = value;
    }

    public void WriteU16(int value)
    {
        Reserve(2);
        _buffer[Length++] = (byte)(value >> 8);
        _buffer[Length++] = (byte)value;
    }

    public void WriteU32(uint value)
    {
        Reserve(4);
        PutU32(Length, value);
        Length += 4;
    }

    public void WriteU64(ulong value)
    {
        WriteU32((uint)(value >> 32));
        WriteU32((uint)value);
    }

    public void WriteAlg(TpmAlgId value) => WriteU16((ushort)value);

    public void WriteBytes(byte[] value)
    {
        Reserve(value.Length);
        Buffer.BlockCopy(value, 0, _buffer, Length, value.Length);
        Length += value.Length;
    }

    /// <summary>A sized buffer: 2-byte size, then the bytes.</summary>
    /// <exception cref="ArgumentException">More than 65,535 bytes.</exception>
    public void WriteTpm2b(byte[] value)
    {
        if (value.Length > ushort.MaxValue)
            throw new ArgumentException($"A sized buffer holds at most {ushort.MaxValue} bytes, not {value.Length}.", nameof(value));
        WriteU16(value.Length);
        WriteBytes(value);
    }

    /// <summary>Opens a sized buffer; its size is filled in when the scope is disposed.</summary>
    public Scope PushTpm2b()
    {
        WriteU16(0);
        return new Scope(this, Length);
    }

    /// <summary>Overwrites four bytes written before, for a size known only at the end.</summary>
    public void PatchU32(int position, uint value) => PutU32(position, value);

    public byte[] ToArray()
    {
        byte[] result = new byte[Length];
        Buffer.BlockCopy(_buffer, 0, result, 0, Length);
        return result;
    }

    /// <summary>The bytes that <paramref name="write"/> writes.</summary>
    public static byte[] Write(Action<TpmWriter> write)
    {
        using var writer = new TpmWriter();
        write(writer);
        return writer.ToArray();
    }

    public void Dispose() => Array.Clear(_buffer, 0, Length);

    private void PutU32(int at, uint value)
    {
        _buffer[at] = (byte)(value >> 24);
        _buffer[at + 1] = (byte)(value >> 16);
        _buffer[at + 2] = (byte)(value >> 8);
        _buffer[at + 3] = (byte)value;
    }

    private void Reserve(int count)
    {
        if (Length + count <= _buffer.Length) return;
        byte[] larger = new byte[Math.Max(_buffer.Length * 2, Length + count)];
        Buffer.BlockCopy(_buffer, 0, larger, 0, Length);
        Array.Clear(_buffer, 0, Length);
        _buffer = larger;
    }

    /// <summary>An open sized buffer of a <see cref="TpmWriter"/>.</summary>
    public readonly record struct Scope : IDisposable
    {
        private readonly TpmWriter _writer;
        private readonly int _start;

        internal Scope(TpmWriter writer, int start)
        {
            _writer = writer;
            _start = start;
        }

        public void Dispose()
        {
            int size = _writer.Length - _start;
            if (size > ushort.MaxValue)
                throw new InvalidOperationException($"A sized buffer holds at most {ushort.MaxValue} bytes, not {size}.");
            _writer._buffer[_start - 2] = (byte)(size >> 8);
            _writer._buffer[_start - 1] = (byte)size;
        }
    }
}
