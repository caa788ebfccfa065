using System;
using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Authorities;

/// <summary>Where the service of a Migration Authority is, and how it is known.</summary>
public sealed record MaServiceAddress
{
    private const int FingerprintBytes = 32;

    private MaServiceAddress(Uri uri, byte[]? tlsFingerprint) => (Uri, TlsFingerprint) = (uri, tlsFingerprint);

    /// <summary>Of HTTPS, or of HTTP on this machine's loopback.</summary>
    public Uri Uri { get; }

    /// <summary>SHA-256 of its certificate of TLS, 32 bytes: that certificate and no other is taken. Null for one that this system trusts.</summary>
    public byte[]? TlsFingerprint { get; }

    /// <summary>Reads an address as people give it.</summary>
    /// <param name="uri">Such as https://ma.example.com:8443.</param>
    /// <param name="tlsFingerprint">Hexadecimal digits in either case, also with colons between; null for a certificate that this system trusts.</param>
    /// <exception cref="MaServiceException">It is no such address.</exception>
    public static MaServiceAddress Parse(string uri, string? tlsFingerprint)
    {
        if (!Uri.TryCreate(uri, UriKind.Absolute, out Uri? parsed) || parsed.Scheme is not ("http" or "https"))
            throw Refused($"'{Shown(uri)}' is no address of a Migration Authority. Give one such as https://ma.example.com:8443.");
        if (parsed.UserInfo.Length != 0 || parsed.Query.Length != 0 || parsed.Fragment.Length != 0)
            throw Refused("The address of a Migration Authority has no user, query or fragment. Give one such as https://ma.example.com:8443.");
        if (parsed.Scheme == "http" && !parsed.IsLoopback)
            throw Refused($"'{parsed}' is without TLS, and not on this machine: whoever listens in could act as this machine. Give an address with https.");
        if (parsed.Scheme == "http" && tlsFingerprint != null)
            throw Refused($"'{parsed}' is without TLS, and a certificate of TLS was named. Give an address with https, or leave the fingerprint out.");
        return new MaServiceAddress(parsed, tlsFingerprint == null ? null : Fingerprint(tlsFingerprint));
    }

    /// <summary>Whether both are the same service, known in the same way.</summary>
    public bool Equals(MaServiceAddress? other) => other != null && Uri == other.Uri && Hex.Format(TlsFingerprint ?? []) == Hex.Format(other.TlsFingerprint ?? []);

    public override int GetHashCode() => Uri.GetHashCode();

    public override string ToString() => Uri.ToString();

    private static byte[] Fingerprint(string text) =>
        Hex.TryParse(new string([.. text.Where(c => c != ':' && !char.IsWhiteSpace(c))]).ToLowerInvariant()) is { Length: FingerprintBytes } bytes
            ? bytes
            : throw Refused("The fingerprint of a certificate of TLS is its SHA-256: 64 hexadecimal digits, as 'tpm-ma init' prints them.");

    // What should be an address may be a password that was put in the wrong place, or a whole document.
    private static string Shown(string text) => text.Length <= 80 ? text : text.Substring(0, 80) + "...";

    private static MaServiceException Refused(string message) => new(MaServiceFault.Address, message);
}
