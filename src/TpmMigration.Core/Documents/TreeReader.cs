using System.Xml;
using System.Xml.Linq;

namespace TpmMigration.Documents;

/// <summary>
/// Reads one element after the other out of a document as small trees, within limits. White space is kept, since signatures cover it;
/// what no document of ours has (comments, instructions, CDATA, entities) is refused.
/// </summary>
public sealed class TreeReader
{
    private readonly XmlReader _reader;
    private readonly DocumentLimits _limits;
    private XNamespace _namespace = XNamespace.None;

    public TreeReader(XmlReader reader, DocumentLimits limits) => (_reader, _limits) = (reader, limits);

    /// <summary>The line at which the reader stands, from 1.</summary>
    public int Line => _reader is IXmlLineInfo line ? line.LineNumber : 0;

    /// <summary>The start tag at which the reader stands, with its attributes and without content; the reader stays.</summary>
    /// <exception cref="DocumentLimitException">It has more attributes than allowed, or longer ones.</exception>
    public XElement StartTag()
    {
        if (_reader.Depth >= _limits.MostDepth)
            throw new DocumentLimitException($"Elements are nested deeper than {_limits.MostDepth} levels.", Line);
        if (_reader.AttributeCount > _limits.MostAttributes)
            throw new DocumentLimitException($"<{_reader.LocalName}> has more than {_limits.MostAttributes} attributes.", Line);
        var element = new ReadElement(NameOf(_reader.LocalName, _reader.NamespaceURI), _reader.Prefix, Line);
        while (_reader.MoveToNextAttribute())
        {
            if (_reader.Value.Length > _limits.MostAttributeLength)
                throw new DocumentLimitException($"The attribute {_reader.LocalName} is longer than {_limits.MostAttributeLength} characters.", Line);
            // XLinq has the declaration of a default namespace outside the namespace of declarations.
            bool isDefault = _reader.Prefix.Length == 0 && _reader.LocalName == "xmlns";
            var attribute = new XAttribute(isDefault ? "xmlns" : NameOf(_reader.LocalName, _reader.NamespaceURI), _reader.Value);
            if (_reader.Prefix is not ("" or "xmlns")) attribute.AddAnnotation(_reader.Prefix);
            element.Add(attribute);
        }
        _reader.MoveToElement();
        return element;
    }

    /// <summary>The element at which the reader stands, whole; the reader goes on behind it.</summary>
    /// <exception cref="DocumentLimitException">A limit is passed.</exception>
    /// <exception cref="DocumentFormatException">It holds what no document of ours has.</exception>
    public XElement Read()
    {
        XElement root = StartTag();
        XElement? open = _reader.IsEmptyElement ? null : root;
        while (_reader.Read() && open != null)
        {
            switch (_reader.NodeType)
            {
                case XmlNodeType.Element:
                    XElement child = StartTag();
                    open.Add(child);
                    if (!_reader.IsEmptyElement) open = child;
                    break;
                case XmlNodeType.EndElement:
                    open = open.Parent;
                    break;
                case XmlNodeType.Text or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    open.Add(_reader.Value);
                    break;
                default:
                    throw Unexpected();
            }
        }
        return root;
    }

    /// <summary>A name; most are of the namespace of the one before, or of none.</summary>
    private XName NameOf(string local, string ns)
    {
        if (ns.Length == 0) return XNamespace.None.GetName(local);
        if (_namespace.NamespaceName != ns) _namespace = XNamespace.Get(ns);
        return _namespace.GetName(local);
    }

    /// <summary>Refuses the node at which the reader stands.</summary>
    public DocumentFormatException Unexpected() => new(
        _reader.NodeType switch
        {
            XmlNodeType.Comment => "The document holds a comment, which this format does not have.",
            XmlNodeType.ProcessingInstruction => "The document holds a processing instruction, which this format does not have.",
            XmlNodeType.CDATA => "The document holds a CDATA section, which this format does not have.",
            XmlNodeType.Element => $"The element <{_reader.LocalName}> of namespace '{_reader.NamespaceURI}' stands where none belongs.",
            XmlNodeType.None => "The document ends early.",
            _ => $"The document holds a node of type {_reader.NodeType} where none belongs.",
        },
        Line);

    /// <summary>An element that knows its line, for messages, and its prefix, for signatures.</summary>
    private sealed class ReadElement : XElement, IXmlLineInfo, IPrefixed
    {
        internal ReadElement(XName name, string prefix, int line) : base(name) => (Prefix, LineNumber) = (prefix, line);

        public string Prefix { get; }

        public int LineNumber { get; }

        public int LinePosition => 0;

        public bool HasLineInfo() => true;
    }
}
