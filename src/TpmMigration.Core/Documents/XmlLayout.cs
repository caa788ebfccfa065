using System.Collections.Generic;
using System.Linq;
using System.Xml;
using System.Xml.Linq;

namespace TpmMigration.Documents;

/// <summary>
/// Puts line breaks and indentation into a tree as text of its own. Signatures cover white space, so it cannot be left to a writer that adds it later.
/// </summary>
internal static class XmlLayout
{
    private static readonly string[] Breaks = Enumerable.Range(0, 16).Select(depth => "\n" + new string(' ', 2 * depth)).ToArray();

    /// <summary>What stands before an element at this depth; documents have few.</summary>
    internal static string Break(int depth) => Breaks[depth];

    /// <summary>Lays out a tree that holds no white space between its elements.</summary>
    /// <param name="element">The tree, changed in place.</param>
    /// <param name="depth">Its depth in the document, 0 for the document element.</param>
    internal static XElement Indent(this XElement element, int depth)
    {
        if (!element.HasElements) return element;
        List<XElement> children = element.Elements().ToList();
        foreach (XElement child in children)
        {
            child.Indent(depth + 1);
            child.AddBeforeSelf(Break(depth + 1));
        }
        element.Add(Break(depth));
        return element;
    }

    /// <summary>Writes a start tag with its attributes, and with the prefixes it was read with.</summary>
    /// <param name="tag">The element.</param>
    /// <param name="writer">Takes the start tag, which stays open.</param>
    internal static void WriteStartTagTo(this XElement tag, XmlWriter writer)
    {
        writer.WriteStartElement(PrefixOf(tag), tag.Name.LocalName, tag.Name.NamespaceName);
        foreach (XAttribute attribute in tag.Attributes())
        {
            string prefix = attribute.IsNamespaceDeclaration ? (attribute.Name.NamespaceName.Length == 0 ? string.Empty : "xmlns") : PrefixOf(attribute);
            writer.WriteAttributeString(prefix, attribute.Name.LocalName, attribute.IsNamespaceDeclaration ? XNamespace.Xmlns.NamespaceName : attribute.Name.NamespaceName, attribute.Value);
        }
    }

    /// <summary>
    /// Writes a tree of elements and text with the prefixes it was read with. They are part of the canonical form, and XLinq by itself
    /// does not keep them.
    /// </summary>
    internal static void WriteTreeTo(this XElement element, XmlWriter writer)
    {
        element.WriteStartTagTo(writer);
        foreach (XNode node in element.Nodes())
        {
            if (node is XElement child) child.WriteTreeTo(writer);
            else node.WriteTo(writer);
        }
        writer.WriteEndElement();
    }

    internal static string PrefixOf(XElement element) =>
        (element as IPrefixed)?.Prefix ?? (element.Name.NamespaceName.Length == 0 ? string.Empty : element.GetPrefixOfNamespace(element.Name.Namespace) ?? string.Empty);

    internal static string PrefixOf(XAttribute attribute) => attribute.Name.NamespaceName.Length == 0
        ? string.Empty
        : attribute.Annotation<string>() ?? attribute.Parent!.GetPrefixOfNamespace(attribute.Name.Namespace) ?? string.Empty;
}
