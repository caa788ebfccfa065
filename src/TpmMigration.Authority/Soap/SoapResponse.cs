using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using TpmMigration.Authority.Contract;
using static TpmMigration.Authority.Contract.ServiceNamespace;

namespace TpmMigration.Authority.Soap;

/// <summary>An answer, in the version of SOAP in which it was asked.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="Content">The envelope, UTF-8.</param>
internal sealed record SoapResponse(int Status, ReadOnlyMemory<byte> Content)
{
    /// <summary>Bytes that most answers have at most, besides long texts.</summary>
    private const int UsualSize = 2048;

    private const int MostMessageLength = 600;

    /// <summary>The answer to a request that was granted.</summary>
    internal static SoapResponse Of(SoapVersion version, XElement message) => new(200, Envelope(version, message));

    /// <summary>A fault, with its code in the detail. The status is as the bindings of SOAP to HTTP have it.</summary>
    internal static SoapResponse Of(SoapVersion version, AuthorityException refusal)
    {
        string text = Shown(refusal.Message);
        var detail = new XElement(Ns + "MigrationFault", MessageText.Element("Code", refusal.Fault.ToString()), MessageText.Element("Message", text));
        bool isOurs = refusal.Fault == AuthorityFault.Unavailable;
        // What clients and proxies do about too many requests, they do by the status.
        int? status = refusal.Fault == AuthorityFault.TooManyRequests ? 429 : null;
        return version == SoapVersion.Soap11
            ? new SoapResponse(status ?? 500, Envelope(version, Fault11(version, refusal.Fault, text, detail)))
            : new SoapResponse(status ?? (isOurs ? 500 : 400), Envelope(version, Fault12(version, refusal.Fault, text, detail)));
    }

    // SOAP 1.1 has the parts of a fault in no namespace.
    private static XElement Fault11(SoapVersion version, AuthorityFault fault, string text, XElement detail) => new(version.Ns + "Fault",
        new XElement("faultcode", "soap:" + CodeOf(fault, "Client", "Server")),
        new XElement("faultstring", text),
        new XElement("detail", detail));

    private static XElement Fault12(SoapVersion version, AuthorityFault fault, string text, XElement detail) => new(version.Ns + "Fault",
        new XElement(version.Ns + "Code", new XElement(version.Ns + "Value", "soap:" + CodeOf(fault, "Sender", "Receiver"))),
        new XElement(version.Ns + "Reason", new XElement(version.Ns + "Text", new XAttribute(XNamespace.Xml + "lang", "en"), text)),
        new XElement(version.Ns + "Detail", detail));

    private static string CodeOf(AuthorityFault fault, string theirs, string ours) => fault switch
    {
        AuthorityFault.VersionMismatch => "VersionMismatch",
        AuthorityFault.HeaderNotUnderstood => "MustUnderstand",
        AuthorityFault.Unavailable => ours,
        _ => theirs,
    };

    private static ReadOnlyMemory<byte> Envelope(SoapVersion version, XElement content)
    {
        using var output = new MemoryStream(UsualSize + content.DescendantNodes().OfType<Base64Text>().Sum(text => text.Length));
        using (XmlWriter writer = XmlWriter.Create(output, new XmlWriterSettings { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) }))
        {
            new XElement(version.Ns + "Envelope",
                new XAttribute(XNamespace.Xmlns + "soap", version.Ns.NamespaceName),
                new XElement(version.Ns + "Body", content)).WriteTo(writer);
        }
        return output.GetBuffer().AsMemory(0, (int)output.Length);
    }

    /// <summary>Some messages quote a document, which may be anything.</summary>
    private static string Shown(string text) => new([.. text.Take(MostMessageLength).Select(c => XmlConvert.IsXmlChar(c) ? c : '?')]);
}
