using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using TpmMigration.Documents;

namespace TpmMigration.Signatures;

/// <summary>
/// The SHA-256 of what is written to it, in exclusive canonical form, computed as it comes: nothing is kept. Documents have elements,
/// attributes and text and nothing else, so the form is: namespaces where they are first used, attributes in order, few escapes.
/// W3C Exclusive XML Canonicalization 1.0; Canonical XML 1.0, 2.3.
/// </summary>
/// <remarks>
/// The platform's own canonical writer is three times slower than the whole rest of reading, and undeclares namespaces wrongly where a
/// declared one is not used.
/// </remarks>
internal sealed class CanonicalDigest : IDisposable
{
    private static readonly char[] EscapedInText = ['&', '<', '>', '\r'];
    private static readonly char[] EscapedInAttribute = ['&', '<', '"', '\t', '\n', '\r'];

    private readonly SHA256 _hash = SHA256.Create();
    private readonly byte[] _buffer = new byte[4 * 1024];

    // The elements that are open, and the namespaces that they or elements around them have rendered, the innermost last.
    private readonly Stack<(string Name, int Rendered)> _open = new();
    private readonly List<(string Prefix, string Namespace)> _rendered = [];
    private readonly List<XAttribute> _attributes = [];
    private int _count;

    /// <summary>Starts the document element, or one within it.</summary>
    internal void Start(XElement tag)
    {
        string prefix = XmlLayout.PrefixOf(tag), name = Qualified(prefix, tag.Name.LocalName);
        _open.Push((name, _rendered.Count));
        Put("<");
        Put(name);
        PutNamespaces(tag, prefix);
        PutAttributes();
        Put(">");
    }

    /// <summary>Takes an element with all it holds.</summary>
    internal void Write(XElement element)
    {
        Start(element);
        if (element.HasElements)
        {
            for (XNode? node = element.FirstNode; node != null; node = node.NextNode)
            {
                if (node is XElement child) Write(child);
                else if (node is XText text) Write(text.Value);
                else throw new ArgumentException("Documents have elements, attributes and text.", nameof(element));
            }
        }
        else
        {
            Write(element.Value);
        }
        End();
    }

    internal void Write(string text) => PutEscaped(text, EscapedInText);

    internal void End()
    {
        (string name, int rendered) = _open.Pop();
        _rendered.RemoveRange(rendered, _rendered.Count - rendered);
        Put("</");
        Put(name);
        Put(">");
    }

    /// <summary>32 bytes.</summary>
    internal byte[] Finish()
    {
        _hash.TransformFinalBlock(_buffer, 0, _count);
        return _hash.Hash!;
    }

    /// <summary>The digest of one element as it stands.</summary>
    internal static byte[] Of(XElement element)
    {
        using var digest = new CanonicalDigest();
        digest.Write(element);
        return digest.Finish();
    }

    public void Dispose() => _hash.Dispose();

    /// <summary>Renders the namespaces that a start tag uses and nothing around it has rendered; puts its attributes in order on the way.</summary>
    private void PutNamespaces(XElement tag, string prefix)
    {
        _attributes.Clear();
        bool anyQualified = false;
        for (XAttribute? attribute = tag.FirstAttribute; attribute != null; attribute = attribute.NextAttribute)
        {
            if (attribute.IsNamespaceDeclaration) continue;
            anyQualified |= attribute.Name.NamespaceName.Length != 0;
            int at = _attributes.Count;
            while (at > 0 && Compare(_attributes[at - 1].Name, attribute.Name) > 0) at--;
            _attributes.Insert(at, attribute);
        }
        if (!anyQualified)
        {
            PutNamespace(prefix, tag.Name.NamespaceName);
            return;
        }
        IEnumerable<(string Prefix, string Namespace)> used = _attributes
            .Where(a => a.Name.NamespaceName.Length != 0)
            .Select(a => (XmlLayout.PrefixOf(a), a.Name.NamespaceName))
            .Append((prefix, tag.Name.NamespaceName));
        foreach ((string each, string ns) in used.Where(u => u.Prefix != "xml").Distinct().OrderBy(u => u.Prefix, StringComparer.Ordinal))
            PutNamespace(each, ns);
    }

    private void PutNamespace(string prefix, string ns)
    {
        int index = _rendered.Count - 1;
        while (index >= 0 && _rendered[index].Prefix != prefix) index--;
        if ((index < 0 ? string.Empty : _rendered[index].Namespace) == ns) return;
        _rendered.Add((prefix, ns));
        Put(prefix.Length == 0 ? " xmlns" : " xmlns:" + prefix);
        Put("=\"");
        PutEscaped(ns, EscapedInAttribute);
        Put("\"");
    }

    private void PutAttributes()
    {
        foreach (XAttribute attribute in _attributes)
        {
            Put(" ");
            Put(Qualified(XmlLayout.PrefixOf(attribute), attribute.Name.LocalName));
            Put("=\"");
            PutEscaped(attribute.Value, EscapedInAttribute);
            Put("\"");
        }
    }

    private static int Compare(XName one, XName other) => string.CompareOrdinal(one.NamespaceName, other.NamespaceName) is var order && order != 0
        ? order
        : string.CompareOrdinal(one.LocalName, other.LocalName);

    private void PutEscaped(string text, char[] escaped)
    {
        int at = 0;
        for (int next; (next = text.IndexOfAny(escaped, at)) >= 0; at = next + 1)
        {
            Put(text, at, next - at);
            Put(text[next] switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\t' => "&#x9;",
                '\n' => "&#xA;",
                _ => "&#xD;",
            });
        }
        Put(text, at, text.Length - at);
    }

    private void Put(string text) => Put(text, 0, text.Length);

    private void Put(string text, int at, int count)
    {
        const int MostBytesPerChar = 3;
        if (count <= 64 && TryPutAscii(text, at, count)) return;
        while (count > 0)
        {
            if (_buffer.Length - _count < 2 * MostBytesPerChar) Empty();
            int part = Math.Min(count, (_buffer.Length - _count) / MostBytesPerChar);
            // The two halves of one character stay together.
            if (part < count && char.IsHighSurrogate(text[at + part - 1])) part--;
            _count += Encoding.UTF8.GetBytes(text, at, part, _buffer, _count);
            at += part;
            count -= part;
        }
    }

    // Names, marks and most attributes are short and plain; an encoder would take longer to call than to run.
    private bool TryPutAscii(string text, int at, int count)
    {
        if (_buffer.Length - _count < count) return false;
        for (int i = 0; i < count; i++)
        {
            char c = text[at + i];
            if (c > 0x7F) return false;
            _buffer[_count + i] = (byte)c;
        }
        _count += count;
        return true;
    }

    private void Empty()
    {
        _hash.TransformBlock(_buffer, 0, _count, null, 0);
        _count = 0;
    }

    private static string Qualified(string prefix, string local) => prefix.Length == 0 ? local : prefix + ":" + local;
}
