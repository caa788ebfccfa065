using System;
using System.Buffers;
using System.Xml;
using System.Xml.Linq;

namespace TpmMigration.Authority.Contract;

/// <summary>Bytes as the text of an element that is to be written, in Base64 that is made as it is written: packages are long.</summary>
internal sealed class Base64Text(ReadOnlyMemory<byte> content) : XText(string.Empty)
{
    // Of whole groups of three.
    private const int Part = 3 * 4096;

    /// <summary>Characters.</summary>
    internal int Length => (content.Length + 2) / 3 * 4;

    public override void WriteTo(XmlWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        char[] text = ArrayPool<char>.Shared.Rent(Part / 3 * 4);
        for (int at = 0; at < content.Length; at += Part)
        {
            Convert.TryToBase64Chars(content.Span[at..Math.Min(at + Part, content.Length)], text, out int count);
            writer.WriteRaw(text, 0, count);
        }
        ArrayPool<char>.Shared.Return(text);
    }
}
