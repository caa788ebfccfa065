using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace TpmMigration.Approvals;

/// <summary>Names a key or certificate on a token. RFC 7512.</summary>
public sealed record Pkcs11Uri
{
    private const string Scheme = "pkcs11:";

    /// <summary>The file of the token's PKCS #11 library.</summary>
    public required string ModulePath { get; init; }

    /// <summary>The token's label; null for any.</summary>
    public string? Token { get; init; }

    /// <summary>The token's serial number; null for any.</summary>
    public string? Serial { get; init; }

    /// <summary>The label (CKA_LABEL) of the key or of its certificate; null for any.</summary>
    public string? Label { get; init; }

    /// <summary>The identifier (CKA_ID) of the key and its certificate; null for any.</summary>
    public byte[]? Id { get; init; }

    public static bool IsOne(string text) => text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads pkcs11:token=...;object=...;id=%01?module-path=...; also serial and type.</summary>
    /// <exception cref="SignerException"><see cref="SignerFault.Address"/>: it is malformed, or names what this module does not look at.</exception>
    public static Pkcs11Uri Parse(string text)
    {
        if (!IsOne(text)) throw Fault("it does not begin with pkcs11:");
        string[] halves = text.Substring(Scheme.Length).Split('?');
        if (halves.Length > 2) throw Fault("it has two queries");
        Dictionary<string, byte[]> path = Attributes(halves[0], ';'), query = Attributes(halves.Length == 2 ? halves[1] : string.Empty, '&');
        if (query.ContainsKey("pin-value") || query.ContainsKey("pin-source")) throw Fault("it holds a PIN, which others can read there: give the PIN with -CertificatePassword");
        if (path.Keys.FirstOrDefault(k => k is not ("token" or "serial" or "object" or "id" or "type")) is { } strange)
            throw Fault($"the attribute {strange} is none of token, serial, object, id and type");
        if (path.TryGetValue("type", out byte[]? type) && Encoding.UTF8.GetString(type) is not ("private" or "cert")) throw Fault("its type is neither private nor cert");
        if (query.Keys.FirstOrDefault(k => k != "module-path") is { } other) throw Fault($"the query attribute {other} is not module-path");
        string? TextOf(Dictionary<string, byte[]> from, string key) => from.TryGetValue(key, out byte[]? value) ? Encoding.UTF8.GetString(value) : null;
        return new Pkcs11Uri
        {
            ModulePath = TextOf(query, "module-path") is { Length: > 0 } module ? module : throw Fault("it lacks module-path, the file of the token's PKCS #11 library"),
            Token = TextOf(path, "token"),
            Serial = TextOf(path, "serial"),
            Label = TextOf(path, "object"),
            Id = path.TryGetValue("id", out byte[]? id) ? id : null,
        };
    }

    private static Dictionary<string, byte[]> Attributes(string text, char separator)
    {
        var attributes = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string part in text.Split([separator], StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=');
            if (equals <= 0) throw Fault("an attribute has not the form name=value");
            string name = part.Substring(0, equals);
            if (attributes.ContainsKey(name)) throw Fault($"the attribute {name} is there twice");
            attributes.Add(name, Decode(part.Substring(equals + 1)));
        }
        return attributes;
    }

    private static byte[] Decode(string text)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                int size = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(i, size)));
                i += size - 1;
                continue;
            }
            if (i + 2 >= text.Length || !byte.TryParse(text.Substring(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte octet)) throw Fault("a % is not followed by two hexadecimal digits");
            bytes.Add(octet);
            i += 2;
        }
        return [.. bytes];
    }

    private static SignerException Fault(string why) => new(
        SignerFault.Address, $"This is no address of a key on a token: {why}. It has the form pkcs11:token=...;object=...?module-path=... .");
}
