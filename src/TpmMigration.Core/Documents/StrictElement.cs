using System;
using System.Collections.Generic;
using System.Globalization;
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

    // The attributes that were asked for, a bit for each by its place. No element has near so many.
    private ulong _read;
    private XElement? _next;
    private bool _isText;

    /// <exception cref="DocumentFormatException">The element has another name, or holds nodes that are neither elements nor text.</exception>
    public StrictElement(XElement element, XName expected)
    {
        _element = element;
        if (element.Name != expected)
            throw Fault($"The element <{element.Name.LocalName}> of namespace '{element.Name.NamespaceName}' stands where <{expected.LocalName}> of '{expected.NamespaceName}' belongs.");
        if (!element.HasElements) return;
        for (XNode? node = element.FirstNode; node != null; node = node.NextNode)
        {
            if (node is XElement child) _next ??= child;
            else if (node is not XText text || text.Value.Trim(WhiteSpace).Length != 0)
                throw Fault($"<{element.Name.LocalName}> holds a comment, instruction or text that does not belong there.");
        }
    }

    public string Name => _element.Name.LocalName;

    /// <summary>From 1; 0 if unknown.</summary>
    public int Line => _element is IXmlLineInfo line && line.HasLineInfo() ? line.LineNumber : 0;

    public bool HasNext(string name) => _next != null && _next.Name.LocalName == name && _next.Name.Namespace == _element.Name.Namespace;

    /// <summary>The element as it stands, to keep a part of a document unread.</summary>
    public XElement Raw => _element;

    /// <summary>The next child, which must have this name and this element's namespace.</summary>
    public StrictElement Child(string name) => Child(_element.Name.Namespace + name);

    public StrictElement Child(XName name)
    {
        if (_next == null)
            throw Fault($"<{Name}> lacks the element <{name.LocalName}>.");
        var child = new StrictElement(_next, name);
        XNode? node = _next.NextNode;
        while (node is not (null or XElement)) node = node.NextNode;
        _next = (XElement?)node;
        return child;
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
        int place = 0;
        for (XAttribute? attribute = _element.FirstAttribute; attribute != null; attribute = attribute.NextAttribute, place++)
        {
            if (attribute.Name.LocalName != name || attribute.Name.NamespaceName.Length != 0 || attribute.IsNamespaceDeclaration) continue;
            if (place < 64) _read |= 1UL << place;
            return attribute.Value;
        }
        return null;
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
        int place = 0;
        for (XAttribute? attribute = _element.FirstAttribute; attribute != null; attribute = attribute.NextAttribute, place++)
        {
            if (!attribute.IsNamespaceDeclaration && (place >= 64 || (_read & 1UL << place) == 0))
                throw Fault($"<{Name}> has the attribute {attribute.Name.LocalName}, which this version does not know.");
        }
        if (!_isText && !_element.HasElements && _element.Value.Length != 0)
            throw Fault($"<{Name}> holds text where none belongs.");
        if (_next != null)
            throw new StrictElement(_next, _next.Name).Fault($"<{Name}> holds <{_next.Name.LocalName}> where this version does not expect it.");
    }

    public DocumentFormatException Fault(string message) =>
        new(message, Line);

    private static bool HasCleanEnd(string text, byte[] data)
    {
        int part = data.Length % 3;
        if (part == 0) return true;
        int last = text.Length - 1;
        while (Array.IndexOf(Padding, text[last]) >= 0) last--;
        return text[last] == Convert.ToBase64String(data, data.Length - part, part)[part];
    }

    /// <summary>The written form of a time: UTC, whole seconds.</summary>
    public static string FormatDate(DateTime utc) => utc.ToUniversalTime().ToString(DateFormat, CultureInfo.InvariantCulture);
}
