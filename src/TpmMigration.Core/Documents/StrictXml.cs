using System.IO;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace TpmMigration.Documents;

/// <summary>How every document is read and written: no DTD, no external entity, bounded size; UTF-8, two spaces, LF.</summary>
public static class StrictXml
{
    // What a decoder of UTF-8 makes of it; XML has it before a document, and not as part of it.
    private const char ByteOrderMark = '\uFEFF';

    /// <summary>Ample for a destination or an approval, whose certificates are the largest part.</summary>
    public static DocumentLimits SmallDocument { get; } = new() { MostBytes = 256 * 1024 };

    /// <summary>A reader that refuses what no document needs.</summary>
    public static XmlReader CreateReader(TextReader input, long mostCharacters) => XmlReader.Create(input, new XmlReaderSettings
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = mostCharacters,
        IgnoreComments = false,
        IgnoreProcessingInstructions = false,
        IgnoreWhitespace = false,
        CloseInput = false,
    });

    public static XmlWriter CreateWriter(TextWriter output) => XmlWriter.Create(output, new XmlWriterSettings
    {
        Indent = true,
        IndentChars = "  ",
        NewLineChars = "\n",
        Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        CloseOutput = false,
    });

    /// <summary>Reads a small document whole.</summary>
    /// <param name="text">The document.</param>
    /// <param name="root">The name of its root element.</param>
    /// <param name="limits">Null for those of <see cref="SmallDocument"/>.</param>
    /// <exception cref="DocumentFormatException">It is no XML, too large, has a DTD, or another root element.</exception>
    public static StrictElement Load(string text, XName root, DocumentLimits? limits = null)
    {
        limits ??= SmallDocument;
        try
        {
            using var input = new StringReader(text.Length != 0 && text[0] == ByteOrderMark ? text.Substring(1) : text);
            using XmlReader reader = CreateReader(input, limits.MostBytes);
            reader.MoveToContent();
            var element = new StrictElement(new TreeReader(reader, limits).Read(), root);
            if (reader.MoveToContent() != XmlNodeType.None) throw new DocumentFormatException("Something follows the document element.");
            return element;
        }
        catch (XmlException e)
        {
            throw new DocumentFormatException(Explain(e), e.LineNumber, e);
        }
    }

    /// <summary>Writes a small document.</summary>
    public static string Save(XElement root)
    {
        using var output = new Utf8StringWriter();
        using (XmlWriter writer = CreateWriter(output))
            new XDocument(root).Save(writer);
        return output.ToString() + "\n";
    }

    /// <summary>What an XML error means, without quoting the document.</summary>
    public static string Explain(XmlException error) => IsAboutDocumentType(error)
        ? "The document has a document type declaration, which is not allowed."
        : "The document is no well-formed XML, or is cut off: " + error.Message;

    /// <summary>Whether the reader stopped at a document type declaration. The platform gives no code, but names it in every language.</summary>
    internal static bool IsAboutDocumentType(XmlException error) => error.Message.Contains("DTD");

    private sealed class Utf8StringWriter : StringWriter
    {
        public Utf8StringWriter() : base(System.Globalization.CultureInfo.InvariantCulture) { }

        public override Encoding Encoding { get; } = new UTF8Encoding(false);
    }
}
