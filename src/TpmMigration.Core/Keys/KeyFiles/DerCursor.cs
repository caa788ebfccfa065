using System;
using System.Text;

namespace TpmMigration.Keys;

/// <summary>
/// Walks one level of DER and hands out its elements. Strict where a general ASN.1 parser is lenient (definite, shortest lengths,
/// shortest integers, one given tag at each place), so that a file that is accepted has exactly one encoding, and errors name the byte.
/// </summary>
internal sealed class DerCursor
{
    public const byte Boolean = 0x01, Integer = 0x02, OctetString = 0x04, ObjectIdentifier = 0x06, Utf8String = 0x0C, Sequence = 0x30;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly byte[] _data;
    private readonly int _end;
    private int _position;

    public DerCursor(byte[] data) : this(data, 0, data.Length) { }

    private DerCursor(byte[] data, int start, int end) => (_data, _position, _end) = (data, start, end);

    public bool AtEnd => _position == _end;

    public int Position => _position;

    /// <summary>The next tag, or -1 at the end.</summary>
    public int PeekTag() => AtEnd ? -1 : _data[_position];

    public static byte Explicit(int number) => (byte)(0xA0 | number);

    /// <summary>Steps over an element that holds others and returns a cursor over its content.</summary>
    public DerCursor Enter(byte tag, string what)
    {
        int length = ReadHeader(tag, what);
        var inner = new DerCursor(_data, _position, _position + length);
        _position += length;
        return inner;
    }

    public byte[] ReadBytes(byte tag, string what)
    {
        int length = ReadHeader(tag, what);
        var value = new byte[length];
        Array.Copy(_data, _position, value, 0, length);
        _position += length;
        return value;
    }

    /// <summary>Any value but 0 is true: some encoders write 0x01 where DER asks for 0xFF.</summary>
    public bool ReadBoolean(string what)
    {
        byte[] value = ReadBytes(Boolean, what);
        if (value.Length != 1) throw Bad($"{what} is a BOOLEAN of {value.Length} bytes");
        return value[0] != 0;
    }

    public uint ReadUInt32(string what)
    {
        int at = _position;
        byte[] value = ReadBytes(Integer, what);
        bool shortest = value.Length == 1 || (value.Length > 1 && !(value[0] == 0 && value[1] < 0x80) && !(value[0] == 0xFF && value[1] >= 0x80));
        if (!shortest) throw Bad($"{what} is not an INTEGER in its shortest form", at);
        bool inRange = value[0] < 0x80 && (value.Length <= 4 || (value.Length == 5 && value[0] == 0));
        if (!inRange) throw new KeyFileException(KeyFileFault.BadValue, $"{what} (byte {at}) is not an unsigned 32-bit number. {Advice}");
        uint number = 0;
        foreach (byte b in value) number = (number << 8) | b;
        return number;
    }

    public string ReadUtf8(string what)
    {
        int at = _position;
        byte[] value = ReadBytes(Utf8String, what);
        try { return StrictUtf8.GetString(value); }
        catch (ArgumentException e) { throw new KeyFileException(KeyFileFault.BadValue, $"{what} (byte {at}) is not valid UTF-8. {Advice}", e); }
    }

    public void Finish(string what)
    {
        if (!AtEnd) throw Bad($"{what} has {_end - _position} bytes more than it should");
    }

    internal const string Advice = "The file is damaged or was made by a program that does not keep to the format; copy it again or create it anew.";

    private int ReadHeader(byte tag, string what)
    {
        int at = _position;
        if (AtEnd) throw Bad($"{what} is missing");
        if (_data[_position] != tag) throw Bad($"{what} should have tag 0x{tag:X2}, but 0x{_data[_position]:X2} is there");
        _position++;
        if (AtEnd) throw Bad($"{what} has no length");
        int length = _data[_position++];
        if (length == 0x80) throw Bad($"{what} has an indefinite length, which DER does not allow", at);
        if (length > 0x80)
        {
            int count = length & 0x7F;
            if (count > 2) throw Bad($"{what} states a length of {count} bytes, more than a key file can have", at);
            if (_end - _position < count) throw Bad($"{what} is cut off", at);
            length = 0;
            for (int i = 0; i < count; i++) length = (length << 8) | _data[_position++];
            if (length < 0x80 || (count == 2 && length < 0x100)) throw Bad($"{what} does not state its length in the shortest form", at);
        }
        if (length > _end - _position) throw Bad($"{what} is cut off: {length} bytes stated, {_end - _position} there", at);
        return length;
    }

    private KeyFileException Bad(string message, int? at = null) =>
        new(KeyFileFault.BadStructure, $"Key file structure: {message} (byte {at ?? _position}). {Advice}");
}
