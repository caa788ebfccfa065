using System;
using System.Globalization;
using System.Linq;
using System.Text;

namespace TpmMigration.Keys;

/// <summary>
/// The rule for names of keys: they are file names on Windows and Linux alike. Letters and digits of any language (in their composed
/// form), space and <c>. _ - @ + = , ( )</c>; no dot or space at either end; no device name of Windows; at most 128 characters and
/// 240 bytes of UTF-8. Two names that differ in case only are the same name.
/// </summary>
public static class KeyName
{
    public const int MaxLength = 128;

    private const int MaxBytes = 240;
    private const string Marks = ". _ - @ + = , ( )";

    private static readonly char[] Punctuation = Marks.ToCharArray();
    private static readonly string[] Devices = { "CON", "PRN", "AUX", "NUL", "COM", "LPT" };

    /// <summary>How names are compared.</summary>
    public static StringComparer Comparer => StringComparer.OrdinalIgnoreCase;

    /// <summary>Refuses a name that cannot be used.</summary>
    /// <exception cref="KeyStoreException"><see cref="KeyStoreFault.InvalidName"/>, with the reason.</exception>
    public static void Check(string name)
    {
        if (Objection(name ?? throw new ArgumentNullException(nameof(name))) is { } objection)
            throw new KeyStoreException(KeyStoreFault.InvalidName, $"'{Shown(name)}' cannot be the name of a key: {objection}. Use letters, digits, space and {Marks}, at most {MaxLength} characters.") { KeyName = name };
    }

    internal static bool IsValid(string name) => Objection(name) is null;

    private static string? Objection(string name)
    {
        if (name.Length == 0) return "it is empty";
        if (name.Length > MaxLength) return $"it has {name.Length} characters";
        if (name[0] is '.' or ' ' || name[^1] is '.' or ' ') return "it begins or ends with a dot or a space";
        foreach (char c in name)
        {
            if (!IsAllowed(c)) return $"the character U+{(int)c:X4} is not allowed";
        }
        if (Encoding.UTF8.GetByteCount(name) > MaxBytes) return $"it takes more than {MaxBytes} bytes";
        return IsDevice(name) ? "Windows keeps it for a device" : null;
    }

    private static bool IsAllowed(char c) => c < 0x80
        ? c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') || Array.IndexOf(Punctuation, c) >= 0
        : char.GetUnicodeCategory(c) is UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.DecimalDigitNumber;

    /// <summary>A device name is one also with an extension: CON.txt opens the console.</summary>
    private static bool IsDevice(string name)
    {
        string stem = name.Split('.')[0].TrimEnd(' ').ToUpperInvariant();
        if (stem.Length == 4 && Devices.Skip(4).Contains(stem.Substring(0, 3))) return stem[3] is >= '0' and <= '9';
        return Devices.Take(4).Contains(stem);
    }

    private static string Shown(string name) =>
        new(name.Take(MaxLength).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c).ToArray());
}
