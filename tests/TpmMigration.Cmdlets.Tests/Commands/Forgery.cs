using System;
using System.Buffers.Binary;
using System.Formats.Asn1;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Keys and destinations that no command makes: those of a test with another public area or another parent, consistent in themselves.</summary>
internal static partial class Forgery
{
    private const int Attributes = 4, PolicySize = 8;

    /// <summary>Stores a copy of a key under another name.</summary>
    /// <param name="store">The folder of the store.</param>
    /// <param name="from">The key that is copied.</param>
    /// <param name="name">The copy.</param>
    /// <param name="change">Another TPMT_PUBLIC in place of the key's.</param>
    /// <param name="record">Another record in place of the key's; name and checksums are set right afterwards.</param>
    internal static void Key(string store, string from, string name, Func<byte[], byte[]> change, Func<string, string> record)
    {
        string pem = File.ReadAllText(Path.Combine(store, from + ".pem"));
        byte[] file = Encoding.ASCII.GetBytes(PemEncoding.WriteString("TSS2 PRIVATE KEY", WithPublic(Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]), change)) + "\n");
        File.WriteAllBytes(Path.Combine(store, name + ".pem"), file);
        string text = record(File.ReadAllText(Path.Combine(store, from + ".xml")));
        text = Regex.Replace(text, "(?<= name=\")[^\"]*", name, RegexOptions.None, TimeSpan.FromSeconds(1));
        text = KeyFileHash().Replace(text, Convert.ToHexStringLower(SHA256.HashData(file)));
        text = Checksum().Replace(text, string.Empty);
        text = Checksum().Replace(text, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
        File.WriteAllText(Path.Combine(store, name + ".xml"), text);
    }

    /// <summary>A destination document with another new parent.</summary>
    internal static string Destination(string document, Func<byte[], byte[]> change)
    {
        byte[] parent = [];
        string text = Parent().Replace(document, found => Convert.ToBase64String(parent = change(Convert.FromBase64String(found.Value))));
        text = ParentName().Replace(text, "000b" + Convert.ToHexStringLower(SHA256.HashData(parent)));
        return CertificationElement().Replace(text, string.Empty);
    }

    /// <summary>A public area with attributes set and cleared.</summary>
    internal static byte[] With(byte[] publicArea, uint set, uint clear = 0)
    {
        byte[] other = [.. publicArea];
        BinaryPrimitives.WriteUInt32BigEndian(other.AsSpan(Attributes), (BinaryPrimitives.ReadUInt32BigEndian(other.AsSpan(Attributes)) | set) & ~clear);
        return other;
    }

    /// <summary>A public area with another policy.</summary>
    internal static byte[] WithPolicy(byte[] publicArea, byte[] policy)
    {
        int old = BinaryPrimitives.ReadUInt16BigEndian(publicArea.AsSpan(PolicySize));
        return [.. publicArea[..PolicySize], 0, (byte)policy.Length, .. policy, .. publicArea[(PolicySize + 2 + old)..]];
    }

    /// <summary>A public area whose cipher has another algorithm.</summary>
    internal static byte[] WithCipher(byte[] publicArea, ushort algorithm)
    {
        byte[] other = [.. publicArea];
        BinaryPrimitives.WriteUInt16BigEndian(other.AsSpan(PolicySize + 2 + BinaryPrimitives.ReadUInt16BigEndian(publicArea.AsSpan(PolicySize))), algorithm);
        return other;
    }

    private static byte[] WithPublic(byte[] keyFile, Func<byte[], byte[]> change)
    {
        var fields = new AsnReader(keyFile, AsnEncodingRules.DER).ReadSequence();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            while (fields.PeekTag() != Asn1Tag.PrimitiveOctetString) writer.WriteEncodedValue(fields.ReadEncodedValue().Span);
            byte[] changed = change(fields.ReadOctetString()[2..]);
            writer.WriteOctetString([(byte)(changed.Length >> 8), (byte)changed.Length, .. changed]);
            writer.WriteEncodedValue(fields.ReadEncodedValue().Span);
        }
        return writer.Encode();
    }

    [GeneratedRegex("(?<= keyFile=\")[^\"]*")]
    private static partial Regex KeyFileHash();

    [GeneratedRegex("(?<= checksum=\")[^\"]*")]
    private static partial Regex Checksum();

    [GeneratedRegex("(?<=<Parent>)[^<]*")]
    private static partial Regex Parent();

    [GeneratedRegex("(?<= parentName=\")[^\"]*")]
    private static partial Regex ParentName();

    [GeneratedRegex("\\s*<Certification.*</Certification>", RegexOptions.Singleline)]
    private static partial Regex CertificationElement();
}
