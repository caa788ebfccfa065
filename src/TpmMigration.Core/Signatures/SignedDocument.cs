using System.IO;
using System.Linq;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using TpmMigration.Documents;

namespace TpmMigration.Signatures;

/// <summary>
/// Small documents that are signed whole: approvals, receipts, releases. The signature is the last element of the document element; see
/// <see cref="XmlSignature"/> for its one form.
/// </summary>
internal static class SignedDocument
{
    /// <summary>Signs a document and lays it out.</summary>
    /// <param name="root">The document element, without white space of its own. It is changed.</param>
    /// <param name="signer">Signs once.</param>
    /// <returns>The document, and its signature.</returns>
    internal static (string Text, DocumentSignature Signature) Sign(XElement root, IDocumentSigner signer)
    {
        root.SetAttributeValue("xmlns", root.Name.NamespaceName);
        root.Indent(0);
        // The break before the end belongs to the document, the signature stands before it.
        root.LastNode!.AddBeforeSelf(new XText(XmlLayout.Break(1)));
        DocumentSignature signature = XmlSignature.Create(CanonicalDigest.Of(root), signer, root.Name.Namespace, depth: 1);
        root.LastNode.AddBeforeSelf(signature.Element);
        return (Layout(root), signature);
    }

    /// <summary>Reads a signed document. Who signed it is known then, and whether to trust that is for the caller to say.</summary>
    /// <param name="text">The document.</param>
    /// <param name="root">The name of its document element.</param>
    /// <returns>The document element without the signature, and the signature, which holds.</returns>
    /// <exception cref="DocumentFormatException">It is no such document.</exception>
    /// <exception cref="SignatureException">It is not signed, or the signature does not hold.</exception>
    internal static (StrictElement Root, DocumentSignature Signature) Read(string text, XName root) => Verify(StrictXml.Load(text, root).Raw);

    /// <summary>Whether a document that was read carries a signature.</summary>
    internal static bool IsSigned(StrictElement root) => root.Raw.Element(XmlSignature.Ns + "Signature") != null;

    /// <summary>As <see cref="Read"/>, for a document element that was read already. It is changed.</summary>
    internal static (StrictElement Root, DocumentSignature Signature) Verify(XElement element)
    {
        XElement[] signatures = [.. element.Elements(XmlSignature.Ns + "Signature")];
        if (signatures.Length == 0) throw new SignatureException(SignatureFault.Missing, "The document is not signed.");
        if (signatures.Length > 1) throw new SignatureException(SignatureFault.Misplaced, "The document has more than one signature.");
        if (element.Elements().Last() != signatures[0])
            throw new SignatureException(SignatureFault.Misplaced, "Something follows the signature; it must be the last element of the document.");
        // Read where it stands, since its prefixes may be declared above it.
        DocumentSignature signature = XmlSignature.Read(signatures[0], element.Name.Namespace);
        signatures[0].Remove();
        signature.Verify(CanonicalDigest.Of(element));
        return (new StrictElement(element, element.Name), signature);
    }

    private static string Layout(XElement root)
    {
        using var output = new MemoryStream();
        using (XmlWriter writer = XmlWriter.Create(output, new XmlWriterSettings { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), NewLineHandling = NewLineHandling.Entitize }))
        {
            writer.WriteStartDocument();
            writer.WriteWhitespace("\n");
            root.WriteTreeTo(writer);
            writer.WriteWhitespace("\n");
        }
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
