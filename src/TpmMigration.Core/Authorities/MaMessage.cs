using System.Globalization;
using System.ServiceModel.Channels;
using System.Xml;

namespace TpmMigration.Authorities;

/// <summary>A request of the contract: an operation and its elements in their order, of which those without a value are left out.</summary>
/// <param name="Operation">Its name.</param>
/// <param name="Parts">Names with bytes (for base64), text, numbers or truth values.</param>
internal sealed record MaMessage(string Operation, params (string Name, object? Value)[] Parts)
{
    internal const string Namespace = "urn:tpm-migration:service:1";

    internal static readonly MessageVersion Version = MessageVersion.Soap11;

    /// <summary>As it is sent; for one sending.</summary>
    internal Message ToSoap() => Message.CreateMessage(Version, $"{Namespace}/{Operation}", new Body(this));

    private sealed class Body(MaMessage message) : BodyWriter(isBuffered: true)
    {
        protected override void OnWriteBodyContents(XmlDictionaryWriter writer)
        {
            writer.WriteStartElement(message.Operation, Namespace);
            foreach ((string name, object? value) in message.Parts)
            {
                if (value == null) continue;
                writer.WriteStartElement(name, Namespace);
                switch (value)
                {
                    case byte[] bytes:
                        writer.WriteBase64(bytes, 0, bytes.Length);
                        break;
                    case bool truth:
                        writer.WriteString(truth ? "true" : "false");
                        break;
                    case int number:
                        writer.WriteString(number.ToString(CultureInfo.InvariantCulture));
                        break;
                    default:
                        writer.WriteString(value.ToString());
                        break;
                }
                writer.WriteEndElement();
            }
            writer.WriteEndElement();
        }
    }
}
