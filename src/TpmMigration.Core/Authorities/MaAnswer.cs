using System;
using System.Linq;
using System.ServiceModel.Channels;
using System.Xml;
using System.Xml.Linq;
using TpmMigration.Documents;

namespace TpmMigration.Authorities;

/// <summary>Reads what came back: the answer of the operation, or a fault.</summary>
internal static class MaAnswer
{
    private const int MostCodeLength = 40;
    private const int MostMessageLength = 600;

    private static readonly XNamespace Ns = MaMessage.Namespace;

    // The size was bounded when it was received.
    private static readonly DocumentLimits Limits = new() { MostDepth = 12 };

    /// <exception cref="MaServiceException">It is a fault of the contract.</exception>
    /// <exception cref="DocumentFormatException">It is no answer of this operation.</exception>
    internal static StrictElement Read(Message reply, string operation)
    {
        if (reply.IsEmpty) throw new DocumentFormatException("Its body is empty.");
        XmlDictionaryReader reader = reply.GetReaderAtBodyContents();
        XElement body = new TreeReader(reader, Limits).Read();
        if (reader.MoveToContent() == XmlNodeType.Element) throw new DocumentFormatException("Something follows the answer.");
        return reply.IsFault ? throw Fault(body) : new StrictElement(body, Ns + (operation + "Response"));
    }

    private static MaServiceException Fault(XElement fault)
    {
        if (fault.Descendants(Ns + "MigrationFault").FirstOrDefault() is not { } detail)
            return new MaServiceException(MaServiceFault.NotTheService, "What answers there speaks SOAP, and not as a Migration Authority. Check the address.");
        var element = new StrictElement(detail, Ns + "MigrationFault");
        string code = element.Child("Code").Line(MostCodeLength);
        string message = element.Child("Message").Line(MostMessageLength);
        // Only names: Enum.TryParse takes numbers too. Those behind Unavailable are none of the service's.
        bool isKnown = Enum.GetNames(typeof(MaServiceFault)).Contains(code) && (MaServiceFault)Enum.Parse(typeof(MaServiceFault), code) is var known and <= MaServiceFault.Unavailable;
        return isKnown
            ? new MaServiceException((MaServiceFault)Enum.Parse(typeof(MaServiceFault), code), $"The Migration Authority refuses. {message}")
            : new MaServiceException(MaServiceFault.Refused, $"The Migration Authority refuses with '{code}', which this version does not know. {message}");
    }
}
