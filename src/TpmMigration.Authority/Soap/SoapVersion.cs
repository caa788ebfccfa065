using System.Xml.Linq;

namespace TpmMigration.Authority.Soap;

/// <summary>What differs between the two versions of SOAP. SOAP 1.1, 4 and 6; SOAP 1.2 Part 1, 5, and Part 2, 7.</summary>
internal sealed record SoapVersion(string Name, XNamespace Ns, string ContentType)
{
    internal static readonly SoapVersion Soap11 = new("1.1", "http://schemas.xmlsoap.org/soap/envelope/", "text/xml");

    internal static readonly SoapVersion Soap12 = new("1.2", "http://www.w3.org/2003/05/soap-envelope", "application/soap+xml");

    /// <summary>The version of a media type; null if it is none of SOAP's.</summary>
    internal static SoapVersion? Of(string? mediaType) => mediaType?.ToUpperInvariant() switch
    {
        "TEXT/XML" => Soap11,
        "APPLICATION/SOAP+XML" => Soap12,
        _ => null,
    };
}
