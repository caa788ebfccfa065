using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace TpmMigration.Fuzz.Mutation;

/// <summary>
/// Changes a document as a tree, and what its leaves hold in base64 or hexadecimal as the structures they are. What no tree can be
/// (document types, broken markup) comes from changes to the text.
/// </summary>
internal static class XmlMutator
{
    private static readonly string[] s_values =
    [
        "", " ", "0", "-1", "1", "2", "00", "2147483647", "2147483648", "99999999999999999999", "true", "false", "True", "1.0",
        "2026-01-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "2026-01-31T23:59:60Z",
        "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "{00000000-0000-0000-0000-000000000000}",
        "Migrate", "Maintain", "StorageKey", "Migratable", "KeyPassword", "0x0000014b", "0000014b", "0000016b", "000b", "AAAA", "A===", "====", "\u00e4", "\U0001D11E", "\uFFFD", "a\tb\nc\rd",
        "http://www.w3.org/2000/09/xmldsig#", "http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "urn:tpm-migration:package:1",
    ];

    private static readonly BytesMutator s_text = new(new[]
    {
        "<!DOCTYPE x>", "<!DOCTYPE x [<!ENTITY a \"b\">]>", "&a;", "<![CDATA[", "]]>", "<!--", "-->", "<?x y?>", "&#0;", "&#xD800;", "&#x1F600;", "&lt;", "&amp;", "&#13;", "\r", "\r\n", "\t",
        "<a>", "</a>", "<a/>", "xmlns=\"\"", " xmlns:p=\"urn:p\"", "p:", " xml:space=\"preserve\"", " Id=\"a\"", "\"", "'", "=", "\0", "\uFEFF", "\u2028", "\uFFFE", "encoding=\"utf-16\"", "standalone=\"yes\"", "version=\"1.1\"",
    }.Select(Encoding.UTF8.GetBytes).Append([0xC0, 0x80]).Append([0xED, 0xA0, 0x80]).Append([0xFF]).Append([0xFF, 0xFE]).ToList());

    /// <summary>Another text, most often still in UTF-8, since nothing that is not gets far.</summary>
    internal static byte[] MutateText(Random random, byte[] input, byte[] other)
    {
        byte[] bytes = s_text.Mutate(random, input, other);
        return random.OnceIn(8) ? bytes : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes));
    }

    /// <summary>The document as a tree; null if it is none.</summary>
    internal static XElement? Parse(byte[] input)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(input), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            return XDocument.Load(reader, LoadOptions.PreserveWhitespace).Root;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    /// <summary>The document as text; null where the tree holds what no document can.</summary>
    internal static byte[]? Write(XElement root)
    {
        using var stream = new MemoryStream();
        try
        {
            using (var writer = XmlWriter.Create(stream, new XmlWriterSettings { Encoding = new UTF8Encoding(false), NewLineHandling = NewLineHandling.Entitize }))
                root.WriteTo(writer);
        }
        catch (Exception e) when (e is ArgumentException or XmlException or InvalidOperationException)
        {
            return null;
        }
        return stream.ToArray();
    }

    /// <summary>Changes some of the elements below one.</summary>
    internal static void Mutate(Random random, XElement root, XElement other)
    {
        for (int changes = 1 + random.Next(3); changes > 0; changes--)
        {
            List<XElement> all = root.DescendantsAndSelf().Take(5000).ToList();
            XElement element = random.Of(all);
            if (random.OnceIn(2))
                ChangeValue(random, random.Of(all.Where(e => !e.HasElements).DefaultIfEmpty(element).ToList()), other);
            else
                ChangeTree(random, element, all, root, other);
        }
    }

    private static void ChangeTree(Random random, XElement element, List<XElement> all, XElement root, XElement other)
    {
        bool isRoot = element == root;
        switch (random.Next(12))
        {
            case 0 when !isRoot:
                element.Remove();
                break;
            case 1 when !isRoot && all.Count < 2000:
                element.AddAfterSelf(new XElement(element));
                break;
            case 2 when !isRoot && element.ElementsAfterSelf().FirstOrDefault() is { } next:
                next.Remove();
                element.AddBeforeSelf(next);
                break;
            case 3:
                element.Add(new XElement(random.Of(all.Where(e => e.Descendants().Take(50).Count() < 50).DefaultIfEmpty(new XElement("x")).ToList())));
                break;
            case 4:
                element.Name = random.OnceIn(2) ? random.Of(all).Name : element.Name.Namespace + random.Of(["x", "Signature", "Extension", "Key"]);
                break;
            case 5:
                element.Attribute("xmlns")?.Remove();
                element.Name = XNamespace.Get(random.Of(["", "urn:x", "http://www.w3.org/2000/09/xmldsig#", "urn:tpm-migration:package:1"])) + element.Name.LocalName;
                break;
            case 6:
                element.Add(random.Next(5) switch
                {
                    0 => new XComment("c"),
                    1 => new XProcessingInstruction("x", "y"),
                    2 => new XCData("A"),
                    3 => new XText("x"),
                    _ => new XText(" \n\t"),
                });
                break;
            case 7 when !isRoot:
                Wrap(element, random.Next(1, 24));
                break;
            case 8:
                for (int i = random.Next(1, 24); i > 0; i--) element.SetAttributeValue("a" + i, "v");
                break;
            case 9:
                element.SetAttributeValue(XNamespace.Xmlns + random.Of(["p", "q"]), random.Of(["urn:p", "urn:tpm-migration:package:1", "http://www.w3.org/2000/09/xmldsig#"]));
                break;
            case 10:
                element.SetAttributeValue(XNamespace.Xml + random.Of(["lang", "space", "id", "base"]), random.Of(["en", "preserve", "default", "x"]));
                break;
            default:
                XElement? part = other.Descendants().Skip(random.Next(64)).FirstOrDefault();
                if (part != null && part.Descendants().Take(200).Count() < 200) element.Add(new XElement(part));
                break;
        }
    }

    private static void Wrap(XElement element, int depth)
    {
        var inner = new XElement(element);
        for (; depth > 0; depth--) inner = new XElement(element.Name, inner);
        element.ReplaceWith(inner);
    }

    private static void ChangeValue(Random random, XElement element, XElement other)
    {
        List<XAttribute> attributes = element.AncestorsAndSelf().Take(3).SelectMany(e => e.Attributes()).Where(a => !a.IsNamespaceDeclaration).ToList();
        if (attributes.Count > 0 && random.OnceIn(3))
        {
            XAttribute attribute = random.Of(attributes);
            if (random.OnceIn(8)) attribute.Remove();
            else attribute.Value = Value(random, attribute.Value);
            return;
        }
        element.Value = random.OnceIn(6)
            ? other.Descendants(element.Name).Select(e => e.Value).FirstOrDefault() ?? string.Empty
            : Value(random, element.Value);
    }

    /// <summary>Another value: one of the words, or the structure within the old one changed.</summary>
    private static string Value(Random random, string old)
    {
        if (random.OnceIn(5)) return random.Of(s_values);
        if (random.OnceIn(60)) return new string(random.Of(["a", "=", " ", "0"])[0], random.Length(40_000));
        if (old.Length >= 4 && old.Length % 2 == 0 && old.All(char.IsAsciiHexDigitLower))
            return Convert.ToHexStringLower(WireMutator.Mutate(random, Convert.FromHexString(old), []));
        byte[] bytes = new byte[old.Length];
        if (old.Length >= 4 && Convert.TryFromBase64String(old, bytes, out int count))
            return Convert.ToBase64String(Structure(random, bytes.AsSpan(0, count).ToArray()));
        string changed = Encoding.Latin1.GetString(s_text.Mutate(random, Encoding.Latin1.GetBytes(old), []));
        return new string(changed.Where(XmlConvert.IsXmlChar).ToArray());
    }

    private static byte[] Structure(Random random, byte[] bytes)
    {
        if (bytes.Length == 0) return random.Bytes(8);
        if (bytes[0] == 0x30) return DerMutator.Mutate(random, bytes, []);
        if (bytes[0] != '<') return WireMutator.Mutate(random, bytes, []);
        XElement? document = random.OnceIn(4) ? null : Parse(bytes);
        if (document == null) return MutateText(random, bytes, []);
        Mutate(random, document, document);
        return Write(document) ?? bytes;
    }
}
