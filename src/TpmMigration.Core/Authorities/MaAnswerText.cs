using System;
using System.Globalization;
using System.Xml;
using TpmMigration.Documents;
using TpmMigration.Tpm;

namespace TpmMigration.Authorities;

/// <summary>The simple types of the contract, as answers have them: whatever XML Schema lets stand for a value.</summary>
internal static class MaAnswerText
{
    private static readonly char[] WhiteSpace = [' ', '\t', '\r', '\n'];

    internal static Guid Uuid(this StrictElement element)
    {
        string text = element.Text();
        return Guid.TryParseExact(text, "D", out Guid value) && value.ToString("D") == text ? value : throw element.Fault($"<{element.Name}> is no UUID in lower case.");
    }

    internal static byte[] HexBinary(this StrictElement element) =>
        Hex.TryParse(element.Text().Trim(WhiteSpace).ToLowerInvariant()) ?? throw element.Fault($"<{element.Name}> is not in hexadecimal.");

    /// <summary>A whole number from 0.</summary>
    internal static long Number(this StrictElement element) =>
        long.TryParse(element.Text().Trim(WhiteSpace), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : throw element.Fault($"<{element.Name}> is no whole number from 0.");

    internal static int Count(this StrictElement element) => element.Number() is var number and <= int.MaxValue ? (int)number : throw element.Fault($"<{element.Name}> is too large.");

    internal static bool Truth(this StrictElement element) => element.Text().Trim(WhiteSpace) switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        _ => throw element.Fault($"<{element.Name}> is neither true nor false."),
    };

    /// <returns>UTC; a time without a zone is taken for that.</returns>
    internal static DateTime Time(this StrictElement element)
    {
        try
        {
            return XmlConvert.ToDateTime(element.Text().Trim(WhiteSpace), XmlDateTimeSerializationMode.Utc);
        }
        catch (FormatException)
        {
            throw element.Fault($"<{element.Name}> is no time.");
        }
    }

    /// <summary>Text for people, of a sender who may write anything: one line, and not for ever.</summary>
    internal static string Line(this StrictElement element, int most = 256)
    {
        char[] text = element.Text().ToCharArray();
        if (text.Length > most) Array.Resize(ref text, most);
        for (int i = 0; i < text.Length; i++)
        {
            // Also the marks that turn the direction of what follows.
            if (char.IsControl(text[i]) || char.IsSurrogate(text[i]) || char.GetUnicodeCategory(text[i]) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                text[i] = ' ';
        }
        return new string(text).Trim();
    }
}
