using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Tpm;
using static TpmMigration.Authority.Contract.ServiceNamespace;

namespace TpmMigration.Authority.Contract;

/// <summary>The simple types of the contract, in both directions.</summary>
internal static class MessageText
{
    private static readonly char[] WhiteSpace = [' ', '\t', '\r', '\n'];

    internal static XElement Element(string name, byte[] content) => new(Ns + name, Convert.ToBase64String(content));

    internal static XElement Element(string name, string content) => new(Ns + name, content);

    internal static XElement Element(string name, long content) => new(Ns + name, content.ToString(CultureInfo.InvariantCulture));

    internal static XElement Element(string name, Guid content) => new(Ns + name, content.ToString("D"));

    internal static XElement Element(string name, DateTime utc) => new(Ns + name, StrictElement.FormatDate(utc));

    internal static XElement Element(string name, bool content) => new(Ns + name, content ? "true" : "false");

    internal static XElement HexElement(string name, byte[] content) => new(Ns + name, Hex.Format(content));

    internal static Guid Uuid(this StrictElement element)
    {
        string text = element.Text();
        return Guid.TryParseExact(text, "D", out Guid value) && value.ToString("D") == text ? value : throw element.Fault($"<{element.Name}> is no UUID in lower case.");
    }

    /// <summary>xs:hexBinary, in either case.</summary>
    internal static byte[] Hexadecimal(this StrictElement element) =>
        Hex.TryParse(element.Text().Trim(WhiteSpace).ToLowerInvariant()) ?? throw element.Fault($"<{element.Name}> is not hexadecimal.");

    internal static bool Boolean(this StrictElement element) => element.Text().Trim(WhiteSpace) switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        _ => throw element.Fault($"<{element.Name}> is neither true nor false."),
    };

    internal static int Count(this StrictElement element) =>
        int.TryParse(element.Text().Trim(WhiteSpace), NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0
            ? value
            : throw element.Fault($"<{element.Name}> is no whole number from 1.");

    /// <summary>All children of a name, of which there may be so many.</summary>
    internal static IReadOnlyList<byte[]> Base64List(this StrictElement element, string name, int most) =>
        // One more than there may be is an element that does not belong there.
        element.Children(name).Take(most).Select(child => child.Base64()).ToList();
}
