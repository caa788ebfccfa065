using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Packages;
using TpmMigration.Signatures;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>
/// Packages as text with a place for the signature, signed as they stand: any prefix, order or white space. What is changed before signing
/// has a signature that holds; what is changed after, has not, or is something that the canonical form does not see.
/// </summary>
internal static class VectorText
{
    internal const string Place = "@SIGNATURE@";

    private static readonly DocumentLimits Limits = new() { MostDepth = 200, MostAttributes = 1000, MostAttributeLength = 100_000 };

    /// <summary>The package unsigned, with the place where its signature belongs.</summary>
    internal static string Template(MigrationPackage package)
    {
        string text = SignedText.Write(package);
        int start = text.IndexOf("<Signature ", StringComparison.Ordinal), end = text.LastIndexOf("</Signature>", StringComparison.Ordinal) + "</Signature>".Length;
        return text[..start] + Place + text[end..];
    }

    /// <param name="template">Holds the place of the signature; without one it stays as it is.</param>
    /// <param name="signer">Signs, and is named in KeyInfo.</param>
    /// <param name="before">Changes the element Signature before the value is made.</param>
    /// <param name="after">Changes it with the value in it.</param>
    internal static string Sign(string template, VectorSigner? signer = null, Func<string, string>? before = null, Func<string, string>? after = null)
    {
        if (!template.Contains(Place, StringComparison.Ordinal)) return template;
        signer ??= VectorSigner.Ecc;
        byte[] digest = CanonicalDigest.Of(Parse(template.Replace(Place, string.Empty, StringComparison.Ordinal)));
        string signature = (before ?? (s => s))(Signature(signer.Method, Convert.ToBase64String(digest), Convert.ToBase64String(signer.Certificate)));
        XElement signedInfo = Parse(template.Replace(Place, signature, StringComparison.Ordinal)).Descendants(XmlSignature.Ns + "SignedInfo").First();
        signature = signature.Replace("@VALUE@", Convert.ToBase64String(signer.Sign(CanonicalDigest.Of(signedInfo))), StringComparison.Ordinal);
        return template.Replace(Place, (after ?? (s => s))(signature), StringComparison.Ordinal);
    }

    /// <summary>Replaces the first occurrence, which must be there.</summary>
    internal static string Swap(this string text, string old, string with)
    {
        int at = text.IndexOf(old, StringComparison.Ordinal);
        return at >= 0 ? text[..at] + with + text[(at + old.Length)..] : throw new InvalidOperationException($"'{old}' is not in the text:\n{text}");
    }

    /// <summary>The text from the first occurrence of one mark to the end of the next occurrence of the other.</summary>
    internal static string Part(this string text, string from, string to)
    {
        int start = text.IndexOf(from, StringComparison.Ordinal);
        int end = start < 0 ? -1 : text.IndexOf(to, start + from.Length, StringComparison.Ordinal);
        return end >= 0 ? text[start..(end + to.Length)] : throw new InvalidOperationException($"'{from}' to '{to}' is not in the text:\n{text}");
    }

    /// <summary>The text without a part of it.</summary>
    internal static string Without(this string text, string from, string to) => text.Swap(text.Part(from, to), string.Empty);

    /// <summary>Changes an attribute's value, of the first element that begins with the mark.</summary>
    internal static string Attribute(this string text, string element, string name, Func<string, string> change)
    {
        string tag = text.Part(element, ">");
        string old = tag.Part(" " + name + "=\"", "\"");
        string value = old[(name.Length + 3)..^1];
        return text.Swap(tag, tag.Swap(old, $" {name}=\"{change(value)}\""));
    }

    /// <summary>Changes the content of the first element of this name.</summary>
    internal static string Content(this string text, string element, Func<string, string> change)
    {
        string old = text.Part($"<{element}>", $"</{element}>");
        return text.Swap(old, $"<{element}>{change(old[(element.Length + 2)..^(element.Length + 3)])}</{element}>");
    }

    /// <summary>Changes bytes in the base64 of the first element of this name.</summary>
    internal static string Bytes(this string text, string element, Func<byte[], byte[]> change) =>
        text.Content(element, base64 => Convert.ToBase64String(change(Convert.FromBase64String(base64))));

    internal static XElement Parse(string text)
    {
        using var input = new StringReader(text);
        using XmlReader reader = XmlReader.Create(input, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
        reader.MoveToContent();
        return new TreeReader(reader, Limits).Read();
    }

    private static string Signature(string method, string digest, string certificate)
    {
        var text = new StringBuilder();
        text.Append("<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\">\n    <SignedInfo>\n");
        text.Append("      <CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\" />\n");
        text.Append("      <SignatureMethod Algorithm=\"").Append(method).Append("\" />\n");
        text.Append("      <Reference URI=\"\">\n        <Transforms>\n");
        text.Append("          <Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\" />\n");
        text.Append("          <Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\" />\n        </Transforms>\n");
        text.Append("        <DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\" />\n");
        text.Append("        <DigestValue>").Append(digest).Append("</DigestValue>\n      </Reference>\n    </SignedInfo>\n");
        text.Append("    <SignatureValue>@VALUE@</SignatureValue>\n");
        text.Append("    <KeyInfo>\n      <X509Data>\n        <X509Certificate>").Append(certificate).Append("</X509Certificate>\n      </X509Data>\n    </KeyInfo>\n  </Signature>");
        return text.ToString();
    }
}
