using System;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using TpmMigration.Documents;

namespace TpmMigration.Signatures;

/// <summary>
/// The SHA-256 of what is written to it, in exclusive canonical form without comments, computed as it comes: nothing is kept.
/// W3C Exclusive XML Canonicalization 1.0.
/// </summary>
internal sealed class CanonicalDigest : IDisposable
{
    private readonly SHA256 _hash = SHA256.Create();
    private readonly CryptoStream _canonical;
    private readonly XmlDictionaryWriter _writer;

    internal CanonicalDigest()
    {
        _canonical = new CryptoStream(Stream.Null, _hash, CryptoStreamMode.Write);
        _writer = XmlDictionaryWriter.CreateTextWriter(Stream.Null, new UTF8Encoding(false), ownsStream: false);
        // Canonicalization starts within an element; this one is not part of what is digested.
        _writer.WriteStartElement("around");
        _writer.StartCanonicalization(_canonical, includeComments: false, inclusivePrefixes: null);
    }

    // Declarations of namespaces are left to the writer: where it is given one that no element uses, it later undoes it with one too many.

    /// <summary>Starts the document element, or one within it.</summary>
    internal void Start(XElement tag) => tag.WriteStartTagTo(_writer, declarations: false);

    /// <summary>Takes an element with all it holds.</summary>
    internal void Write(XElement element) => element.WriteTreeTo(_writer, declarations: false);

    internal void Write(string text) => _writer.WriteString(text);

    internal void End() => _writer.WriteEndElement();

    /// <summary>32 bytes.</summary>
    internal byte[] Finish()
    {
        _writer.EndCanonicalization();
        _canonical.FlushFinalBlock();
        return _hash.Hash!;
    }

    /// <summary>The digest of one element as it stands.</summary>
    internal static byte[] Of(XElement element)
    {
        using var digest = new CanonicalDigest();
        digest.Write(element);
        return digest.Finish();
    }

    public void Dispose()
    {
        _canonical.Dispose();
        _hash.Dispose();
    }
}
