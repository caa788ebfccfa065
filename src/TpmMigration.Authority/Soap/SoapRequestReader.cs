using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using TpmMigration.Authority.Contract;
using TpmMigration.Documents;

namespace TpmMigration.Authority.Soap;

/// <summary>Reads SOAP envelopes as strictly as all documents are read: no DTD, no comments, no instructions, bounded in every way.</summary>
internal static class SoapRequestReader
{
    private static readonly DocumentLimits Limits = new() { MostDepth = 8, MostAttributes = 32, MostAttributeLength = 1024 };

    /// <summary>Reads a whole message.</summary>
    /// <param name="message">As it came.</param>
    /// <param name="version">The version that its content type says.</param>
    /// <exception cref="AuthorityException">It is no message of the contract.</exception>
    internal static SoapRequest Read(byte[] message, SoapVersion version) => Guard(message, message.Length, xml =>
    {
        var tree = new TreeReader(xml, Limits with { MostBytes = message.Length });
        RequireUtf8(xml);
        XElement root = tree.Read();
        if (xml.MoveToContent() != XmlNodeType.None) throw Malformed("Something follows the envelope.");
        RequireVersion(root.Name, version);
        return Read(Body(new StrictElement(root, root.Name), version));
    });

    /// <summary>Reads the beginning of a message that is not all there yet: the operation and the token, where it comes first in the message.</summary>
    /// <param name="beginning">The first bytes.</param>
    /// <param name="version">The version that its content type says.</param>
    /// <exception cref="AuthorityException">It does not begin like a message of the contract.</exception>
    internal static (MigrationOperation Operation, byte[]? Token) ReadBeginning(byte[] beginning, SoapVersion version) => Guard(beginning, beginning.Length, xml =>
    {
        RequireUtf8(xml);
        RequireVersion(XName.Get(xml.LocalName, xml.NamespaceURI), version);
        while (!(xml.NodeType == XmlNodeType.Element && xml.Depth == 1 && xml.LocalName == "Body" && xml.NamespaceURI == version.Ns.NamespaceName))
        {
            if (!xml.Read()) throw Malformed("The envelope has no body.");
        }
        MigrationOperation operation = OperationOf(NextElement(xml));
        if (!SoapRequest.TakesToken(operation)) return (operation, (byte[]?)null);
        XName first = NextElement(xml);
        if (first != ServiceNamespace.Ns + "Token") throw Malformed("The token is missing, or not the first element of the message.");
        return (operation, new StrictElement(new TreeReader(xml, Limits).Read(), first).Base64());
    });

    private static SoapRequest Read(StrictElement message)
    {
        MigrationOperation operation = OperationOf(message.Raw.Name);
        // Administrators ask without one, by their certificates.
        if (operation == MigrationOperation.Query) return new SoapRequest(operation, message.OptionalChild("Token")?.Base64(), message);
        return new SoapRequest(operation, SoapRequest.TakesToken(operation) ? message.Child("Token").Base64() : null, message);
    }

    private static StrictElement Body(StrictElement envelope, SoapVersion version)
    {
        if (envelope.OptionalChild("Header") is { } header)
        {
            // None is known here; what need not be understood is passed over.
            if (header.Raw.Elements().Any(block => (string?)block.Attribute(version.Ns + "mustUnderstand") is "1" or "true"))
                throw new AuthorityException(AuthorityFault.HeaderNotUnderstood, "The message has a header that must be understood. This service knows none: leave it out.");
        }
        StrictElement body = envelope.Child("Body");
        envelope.End();
        XElement[] messages = [.. body.Raw.Elements()];
        if (messages.Length != 1) throw Malformed("The body of the envelope does not hold one message.");
        return new StrictElement(messages[0], messages[0].Name);
    }

    private static MigrationOperation OperationOf(XName name) =>
        name.Namespace == ServiceNamespace.Ns && Array.IndexOf(Enum.GetNames<MigrationOperation>(), name.LocalName) is >= 0 and var index
            ? Enum.GetValues<MigrationOperation>()[index]
            : throw Malformed("The element in the body is no message of this contract.");

    private static XName NextElement(XmlReader xml)
    {
        while (xml.Read())
        {
            if (xml.NodeType == XmlNodeType.Element) return XName.Get(xml.LocalName, xml.NamespaceURI);
            if (xml.NodeType is not (XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace)) break;
        }
        throw Malformed("An element is missing.");
    }

    private static void RequireUtf8(XmlReader xml)
    {
        while (xml.Read() && xml.NodeType != XmlNodeType.Element)
        {
            if (xml.NodeType == XmlNodeType.XmlDeclaration
                ? !(xml.GetAttribute("encoding") ?? "utf-8").Equals("utf-8", StringComparison.OrdinalIgnoreCase)
                : xml.NodeType != XmlNodeType.Whitespace)
            {
                throw Malformed("The message is not in UTF-8, or something stands before the envelope.");
            }
        }
    }

    private static void RequireVersion(XName root, SoapVersion version)
    {
        if (root == version.Ns + "Envelope") return;
        throw root.LocalName == "Envelope"
            ? new AuthorityException(AuthorityFault.VersionMismatch, $"The envelope is not of SOAP {version.Name}, which the content type {version.ContentType} stands for.")
            : Malformed("The message is no SOAP envelope.");
    }

    private static AuthorityException Malformed(string what, Exception? inner = null) =>
        new(AuthorityFault.Malformed, "This is no message of the contract. " + what, inner);

    // What the parser says may quote what it stumbled over; the caller has the message and is told the place.
    private static T Guard<T>(byte[] message, long most, Func<XmlReader, T> read)
    {
        try
        {
            using var input = new StreamReader(new MemoryStream(message, writable: false), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false);
            using XmlReader xml = StrictXml.CreateReader(input, most);
            return read(xml);
        }
        catch (XmlException e)
        {
            throw Malformed("It is no well-formed XML, has a document type, or is cut off" + (e.LineNumber > 0 ? FormattableString.Invariant($" (line {e.LineNumber}).") : "."), e);
        }
        catch (DecoderFallbackException e)
        {
            throw Malformed("It is not in UTF-8.", e);
        }
        catch (DocumentFormatException e)
        {
            throw Malformed(e.Message, e);
        }
    }
}
