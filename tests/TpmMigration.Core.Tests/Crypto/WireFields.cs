using System;
using System.Buffers.Binary;

namespace TpmMigration.Tests.Crypto;

/// <summary>Steps through a marshalled structure of a vector.</summary>
internal sealed class WireFields(byte[] bytes)
{
    private int _position;

    public bool AtEnd => _position == bytes.Length;

    public ushort UInt16()
    {
        ushort value = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(_position));
        _position += 2;
        return value;
    }

    public uint UInt32()
    {
        uint value = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(_position));
        _position += 4;
        return value;
    }

    public byte[] Sized()
    {
        int size = UInt16();
        _position += size;
        return bytes.AsSpan(_position - size, size).ToArray();
    }
}
