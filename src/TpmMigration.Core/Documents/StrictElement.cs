using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Xml;
using System.Xml.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Documents;

/// <summary>
/// An element that is read strictly: each attribute and child is asked for once and in order, and what nobody asked for is an error.
/// </summary>
public sealed class StrictElement
{
    private const string DateFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    // That of XML; .NET knows more characters as white space.
    private static readonly char[] WhiteSpace = [' ', '\t', '\r', '\n'];

    private static readonly char[] Padding = ['=', .. WhiteSpace];

    private readonly XElement _element;
    private readonly HashSet<string> _readAttributes = [];
    private readonly List<XElement> _children;
    private int _next;
    private bool _isText;

    /// <exception cref="DocumentFormatException">The element has another name, or holds nodes that are neither elements nor text.</exception>
    public StrictElement(XElement element, XName expected)
    {
        _element = element;
        if (element.Name != expected)
            throw Fault($"The element <{element.Name.LocalName}> of namespace '{element.Name.NamespaceName}' stands where <{expected.LocalName}> of '{expected.NamespaceName}' belongs.");
        foreach (XNode node in element.Nodes())
        {
            if (node is not (XElement or XText) || node is XCData || (node is XText text && element.HasElements && text.Value.Trim(WhiteSpace).Length != 0))
                throw Fault($"<{element.Name.LocalName}> holds a comment, instruction or text that does not belong there.");
        }
        _children = element.Elements().ToList();
    }

    public string Name => _element.Name.LocalName;

    public bool HasNext(string name) => _next < _children.Count && _children[_next].Name == _element.Name.Namespace + name;

    /// <summary>The element as it stands, to keep a part of a document unread.</summary>
    public XElement Raw => _element;

    /// <summary>The next child, which must have this name and this element's namespace.</summary>
    public StrictElement Child(string name) => Child(_element.Name.Namespace + name);

    public StrictElement Child(XName name)
    {
        if (_next >= _children.Count)
            throw Fault($"<{Name}> lacks the element <{name.LocalName}>.");
        return new StrictElement(_children[_next++], name);
    }

    public StrictElement? OptionalChild(string name) => HasNext(name) ? Child(name) : null;

    /// <summary>All following children of this name.</summary>
    public IEnumerable<StrictElement> Children(string name)
    {
        while (HasNext(name))
            yield return Child(name);
    }

    public string Attribute(string name) => OptionalAttribute(name) ?? throw Fault($"<{Name}> lacks the attribute {name}.");

    public string? OptionalAttribute(string name)
    {
        _readAttributes.Add(name);
        return _element.Attribute(name)?.Value;
    }

    public T EnumAttribute<T>(string name) where T : struct, Enum
    {
        string text = Attribute(name);
        foreach (T value in (T[])Enum.GetValues(typeof(T)))
        {
            if (value.ToString() == text) return value;
        }
        throw Fault($"The attribute {name} of <{Name}> is none of {string.Join(", ", Enum.GetNames(typeof(T)))}.");
    }

    public DateTime DateAttribute(string name) =>
        DateTime.TryParseExact(Attribute(name), DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime value)
            ? value
            : throw Fault($"The attribute {name} of <{Name}> is no UTC time of the form 2026-01-31T23:59:59Z.");

    public Guid GuidAttribute(string name) =>
        Guid.TryParseExact(Attribute(name), "D", out Guid value) && value.ToString("D") == Attribute(name) ? value : throw Fault($"The attribute {name} of <{Name}> is no UUID in lower case.");

    public byte[] HexAttribute(string name) =>
        Hex.TryParse(Attribute(name)) ?? throw Fault($"The attribute {name} of <{Name}> is not lower-case hexadecimal.");

    public bool BoolAttribute(string name) => Attribute(name) switch
    {
        "true" => true,
        "false" => false,
        _ => throw Fault($"The attribute {name} of <{Name}> is neither true nor false."),
    };

    /// <summary>A whole number from 0.</summary>
    public int CountAttribute(string name) =>
        int.TryParse(Attribute(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : throw Fault($"The attribute {name} of <{Name}> is no whole number.");

    /// <summary>The element's content as base64.</summary>
    public byte[] Base64()
    {
        string text = Text();
        try
        {
            byte[] data = Convert.FromBase64String(text);
            // .NET lets the bits of the last digit that stand for nothing be any; one content has one form.
            return HasCleanEnd(text, data) ? data : throw Fault($"<{Name}> does not hold base64: its last digit has bits that stand for nothing.");
        }
        catch (FormatException)
        {
            throw Fault($"<{Name}> does not hold base64.");
        }
    }

    /// <summary>The element's content as text; ends the element.</summary>
    public string Text()
    {
        if (_element.HasElements)
            throw Fault($"<{Name}> holds elements where text belongs.");
        _isText = true;
        End();
        return _element.Value;
    }

    /// <summary>Reads a structure of the TPM from the element's base64.</summary>
    public T Structure<T>(Func<byte[], T> unmarshal)
    {
        byte[] data = Base64();
        try
        {
            return unmarshal(data);
        }
        // An HMAC in it is as long as its hash makes it, which may be one that is not known.
        catch (Exception e) when (e is TpmWireException or UnsupportedAlgorithmException)
        {
            throw Fault($"<{Name}> does not hold the structure it should. {e.Message}");
        }
    }

    /// <summary>Refuses attributes, children and text that nobody asked for.</summary>
    public void End()
    {
        XAttribute? foreign = _element.Attributes().FirstOrDefault(a => !a.IsNamespaceDeclaration && !(a.Name.Namespace == XNamespace.None && _readAttributes.Contains(a.Name.LocalName)));
        if (foreign != null)
            throw Fault($"<{Name}> has the attribute {foreign.Name.LocalName}, which this version does not know.");
        if (!_isText && !_element.HasElements && _element.Value.Length != 0)
            throw Fault($"<{Name}> holds text where none belongs.");
        if (_next < _children.Count)
            throw new StrictElement(_children[_next], _children[_next].Name).Fault($"<{Name}> holds <{_children[_next].Name.LocalName}> where this version does not expect it.");
    }

    public DocumentFormatException Fault(string message) =>
        new(message, _element is IXmlLineInfo line && line.HasLineInfo() ? line.LineNumber : 0);

    private static bool HasCleanEnd(string text, byte[] data)
    {
        int part = data.Length % 3;
        if (part == 0) return true;
        byte[] last = new byte[part];
        Array.Copy(data, data.Length - part, last, 0, part);
        string digits = text.TrimEnd(Padding);
        return digits[digits.Length - 1] == Convert.ToBase64String(last)[part];
    }

    /// <summary>The written form of a time: UTC, whole seconds.</summary>
    public static string FormatDate(DateTime utc) => utc.ToUniversalTime().ToString(DateFormat, CultureInfo.InvariantCulture);
}
