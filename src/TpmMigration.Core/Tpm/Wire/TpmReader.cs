using System;

namespace TpmMigration.Tpm;

/// <summary>Reads the big-endian structures of TPM 2.0 Part 2 from a byte array, within bounds. Hostile input ends in <see cref="TpmWireException"/>.</summary>
public sealed class TpmReader
{
    private readonly byte[] _data;
    private readonly int _end;

    public TpmReader(byte[] data) : this(data, 0, data.Length) { }

    public TpmReader(byte[] data, int offset, int count)
    {
        _data = data;
        Position = offset;
        _end = offset + count;
    }

    public int Position { get; private set; }

    public int Remaining => _end - Position;

    public byte ReadU8() => _data[Take(1)];

    public ushort ReadU16()
    {
        int at = Take(2);
        return (ushort)((_data[at] << 8) | _data[at + 1]);
    }

    public uint ReadU32()
    {
        int at = Take(4);
        return ((uint)_data[at] << 24) | ((uint)_data[at + 1] << 16) | ((uint)_data[at + 2] << 8) | _data[at + 3];
    }

    public ulong ReadU64() => ((ulong)ReadU32() << 32) | ReadU32();

    public TpmAlgId ReadAlg() => (TpmAlgId)ReadU16();

    public byte[] ReadBytes(int count)
    {
        int at = Take(count);
        byte[] result = new byte[count];
        Buffer.BlockCopy(_data, at, result, 0, count);
        return result;
    }

    /// <summary>The content of a sized buffer (2-byte size, then that many bytes).</summary>
    public byte[] ReadTpm2b() => ReadBytes(ReadU16());

    /// <summary>A reader over the content of a sized buffer, which it must use up.</summary>
    public TpmReader ReadTpm2bScope()
    {
        int size = ReadU16();
        return new TpmReader(_data, Take(size), size);
    }

    /// <summary>Refuses bytes after the end of the structure.</summary>
    public void EnsureEnd(string what)
    {
        if (Remaining != 0)
            throw new TpmWireException($"{what} is followed by {Remaining} bytes that do not belong to it.");
    }

    /// <summary>Reads one structure from bytes that must hold it and nothing else.</summary>
    public static T ReadWhole<T>(byte[] data, string what, Func<TpmReader, T> read)
    {
        var reader = new TpmReader(data);
        T value = read(reader);
        reader.EnsureEnd(what);
        return value;
    }

    private int Take(int count)
    {
        if (count < 0 || count > Remaining)
            throw new TpmWireException($"A structure ends early: {count} more bytes are needed at offset {Position}, {Remaining} are left.");
        int at = Position;
        Position += count;
        return at;
    }
}
