using System;
using System.Collections.Generic;
using System.Text;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// A block of PEM text. It is read from bytes and never becomes a string, so that an unencrypted key can be cleared from memory.
/// </summary>
internal sealed class PemBlock : IDisposable
{
    private static readonly byte[] Begin = Encoding.ASCII.GetBytes("-----BEGIN ");
    private static readonly byte[] End = Encoding.ASCII.GetBytes("-----END ");
    private static readonly byte[] Dashes = Encoding.ASCII.GetBytes("-----");

    private PemBlock(string label, byte[] text, byte[] der, bool isEncrypted) => (Label, Text, Der, IsEncrypted) = (label, text, der, isEncrypted);

    /// <summary>What stands after BEGIN, such as PRIVATE KEY.</summary>
    internal string Label { get; }

    /// <summary>The whole block as it is in the file.</summary>
    internal byte[] Text { get; }

    /// <summary>The decoded content; empty where <see cref="IsEncrypted"/>.</summary>
    internal byte[] Der { get; }

    /// <summary>Encrypted in the old way of OpenSSL, with headers inside the block.</summary>
    internal bool IsEncrypted { get; }

    internal static bool IsIn(byte[] content) => IndexOf(content, Begin, 0) >= 0 && content.Length > 0 && content[0] != 0x30;

    /// <summary>All blocks of a text; what stands between them is passed over.</summary>
    /// <exception cref="KeySourceException">A block does not end, or is not base64.</exception>
    internal static IReadOnlyList<PemBlock> ReadAll(byte[] content)
    {
        var blocks = new List<PemBlock>();
        for (int at = IndexOf(content, Begin, 0); at >= 0; at = IndexOf(content, Begin, at))
        {
            int labelStart = at + Begin.Length;
            int labelEnd = IndexOf(content, Dashes, labelStart);
            if (labelEnd < 0) throw Cut();
            string label = Encoding.ASCII.GetString(content, labelStart, labelEnd - labelStart);
            int bodyStart = labelEnd + Dashes.Length;
            int end = IndexOf(content, Encoding.ASCII.GetBytes($"-----END {label}-----"), bodyStart);
            if (label.Length > 64 || end < 0 || IndexOf(content, End, bodyStart) != end) throw Cut();
            int next = end + End.Length + label.Length + Dashes.Length;
            blocks.Add(Decode(label, Slice(content, at, next), Slice(content, bodyStart, end)));
            at = next;
        }
        return blocks;
    }

    public void Dispose()
    {
        SecretBytes.Clear(Text);
        SecretBytes.Clear(Der);
    }

    private static PemBlock Decode(string label, byte[] text, byte[] body)
    {
        char[] characters = new char[body.Length];
        try
        {
            if (Array.IndexOf(body, (byte)':') >= 0) return new PemBlock(label, text, [], isEncrypted: true);
            for (int i = 0; i < body.Length; i++) characters[i] = (char)body[i];
            return new PemBlock(label, text, Convert.FromBase64CharArray(characters, 0, characters.Length), isEncrypted: false);
        }
        catch (FormatException e)
        {
            throw new KeySourceException(KeySourceFault.Malformed, $"What is between BEGIN and END of the block '{label}' is not base64. The file is damaged; copy it again.", e);
        }
        finally
        {
            Array.Clear(characters, 0, characters.Length);
            SecretBytes.Clear(body);
        }
    }

    private static KeySourceException Cut() =>
        new(KeySourceFault.Malformed, "A block of the file begins and does not end. The file is cut off; copy it again.");

    private static byte[] Slice(byte[] content, int start, int end)
    {
        byte[] slice = new byte[end - start];
        Array.Copy(content, start, slice, 0, slice.Length);
        return slice;
    }

    private static int IndexOf(byte[] content, byte[] what, int start)
    {
        for (int at = Array.IndexOf(content, what[0], start); at >= 0 && at + what.Length <= content.Length; at = Array.IndexOf(content, what[0], at + 1))
        {
            int same = 1;
            while (same < what.Length && content[at + same] == what[same]) same++;
            if (same == what.Length) return at;
        }
        return -1;
    }
}
