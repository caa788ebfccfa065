using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>The PEM armour of a key file, and the duplication policy in the text before it.</summary>
internal static class TpmKeyPem
{
    private const string Begin = "-----BEGIN TSS2 PRIVATE KEY-----";
    private const string End = "-----END TSS2 PRIVATE KEY-----";
    private const string PolicyLabel = "TPM-Duplication-Policy:";
    private const int LineLength = 64;

    public static byte[] ReadLimited(Stream stream)
    {
        var buffer = new byte[TpmKeyFile.MaxBytes + 1];
        int count = 0, read;
        while (count < buffer.Length && (read = stream.Read(buffer, count, buffer.Length - count)) > 0) count += read;
        Array.Resize(ref buffer, count);
        return buffer;
    }

    public static TpmKeyFile Read(byte[] bytes)
    {
        if (bytes.Length > TpmKeyFile.MaxBytes) throw TooLarge();
        if (bytes.Contains((byte)0))
            throw new KeyFileException(KeyFileFault.WrongEncoding, "The file has zero bytes, so it is not ASCII text: perhaps UTF-16, as the redirection of Windows PowerShell writes it. Save it as ASCII or UTF-8.");

        // Latin-1 maps each byte to one character: text before the block may be in any encoding.
        string[] lines = Encoding.GetEncoding("iso-8859-1").GetString(bytes).Replace("\r\n", "\n").Replace('\r', '\n').Split('\n').Select(l => l.TrimEnd(' ', '\t')).ToArray();
        int begin = Array.FindIndex(lines, l => l.StartsWith("-----BEGIN ", StringComparison.Ordinal));
        if (begin < 0) throw new KeyFileException(KeyFileFault.NoPemBlock, $"There is no line '{Begin}'. Give a TSS2 key file in PEM form.");
        if (lines[begin] != Begin) throw new KeyFileException(KeyFileFault.WrongLabel, $"Line {begin + 1} begins another kind of PEM block than '{Begin}'. Give a TSS2 key file; certificates and unwrapped keys belong in files of their own.");
        int end = Array.FindIndex(lines, begin + 1, l => l.StartsWith("-----", StringComparison.Ordinal));
        if (end < 0 || lines[end] != End) throw new KeyFileException(KeyFileFault.NoPemBlock, $"The PEM block of line {begin + 1} does not end with '{End}'. The file is cut off; copy it again.");
        int after = Array.FindIndex(lines, end + 1, l => l.Length > 0);
        if (after >= 0) throw new KeyFileException(KeyFileFault.SeveralBlocks, $"Line {after + 1} follows the end of the key. Keep one key, and nothing else after it, in a file.");

        TpmKeyFile key = TpmKeyFile.FromDer(FromBase64(string.Concat(lines.Skip(begin + 1).Take(end - begin - 1)), $"the block of line {begin + 1}"));
        return key with { DuplicationPolicy = ReadPolicy(lines, begin) };
    }

    public static byte[] Write(TpmKeyFile key)
    {
        var text = new StringBuilder();
        if (key.DuplicationPolicy is { } branches)
        {
            text.Append(PolicyLabel).Append('\n');
            AppendFolded(text, " ", TpmKeyFileWriter.AuthPolicies(branches.Select(b => new TpmAuthPolicy(null, b))).GetDerEncoded());
        }
        text.Append(Begin).Append('\n');
        AppendFolded(text, "", key.ToDer());
        text.Append(End).Append('\n');
        if (text.Length > TpmKeyFile.MaxBytes) throw TooLarge();
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    public static KeyFileException TooLarge() =>
        new(KeyFileFault.TooLarge, $"The file is larger than {TpmKeyFile.MaxBytes / 1024} KiB, the most a TSS2 key file may have. Give the right file.");

    private static IReadOnlyList<PolicyStep>[]? ReadPolicy(string[] lines, int begin)
    {
        int label = Array.IndexOf(lines, PolicyLabel, 0, begin);
        if (label < 0) return null;
        if (Array.IndexOf(lines, PolicyLabel, label + 1, begin - label - 1) >= 0)
            throw new KeyFileException(KeyFileFault.UnexpectedField, $"'{PolicyLabel}' is there twice. {DerCursor.Advice}");
        string folded = string.Concat(lines.Skip(label + 1).Take(begin - label - 1).TakeWhile(l => l.StartsWith(" ", StringComparison.Ordinal)).Select(l => l.Substring(1)));
        var cursor = new DerCursor(FromBase64(folded, $"the policy of line {label + 1}"));
        IReadOnlyList<TpmAuthPolicy> policies = TpmKeyFileReader.ReadAuthPolicies(cursor);
        cursor.Finish("The duplication policy");
        return policies.Select(p => p.Steps).ToArray();
    }

    private static byte[] FromBase64(string text, string where)
    {
        try
        {
            byte[] bytes = Convert.FromBase64String(text);
            // The decoder skips white space and ignores unused bits: only the one canonical text is accepted.
            if (bytes.Length > 0 && Convert.ToBase64String(bytes) == text) return bytes;
        }
        catch (FormatException)
        {
            // Reported below like any other text that is not canonical base64; the decoder's own message adds nothing.
        }
        throw new KeyFileException(KeyFileFault.BadBase64, $"What is in {where} is not base64. {DerCursor.Advice}");
    }

    private static void AppendFolded(StringBuilder text, string indent, byte[] bytes)
    {
        string base64 = Convert.ToBase64String(bytes);
        for (int i = 0; i < base64.Length; i += LineLength)
            text.Append(indent).Append(base64, i, Math.Min(LineLength, base64.Length - i)).Append('\n');
    }
}
