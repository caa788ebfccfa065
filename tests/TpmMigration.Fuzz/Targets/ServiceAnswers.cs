using System;
using System.Linq;
using System.ServiceModel.Channels;
using System.Text;
using TpmMigration.Authorities;
using TpmMigration.Documents;
using TpmMigration.Tpm;

namespace TpmMigration.Fuzz.Targets;

/// <summary>What comes from the service of a Migration Authority, read as its client reads it.</summary>
internal static class ServiceAnswers
{
    private const string Ns = MaMessage.Namespace;

    private static readonly MaServiceAddress s_address = MaServiceAddress.Parse("https://ma.example.com", null);
    private static readonly MessageEncoder s_encoder = new TextMessageEncodingBindingElement(MaMessage.Version, Encoding.UTF8).CreateMessageEncoderFactory().Encoder;
    private static readonly BufferManager s_buffers = BufferManager.CreateBufferManager(1 << 20, 1 << 20);

    private static readonly (string Operation, Func<StrictElement, string> Read)[] s_operations =
    [
        ("Query", answer => $"{MaPackagePage.Read(answer).Entries.Count} entries"),
        ("GetMAServiceInformation", answer => $"{MaServiceInformation.Read(answer).Operations.Count} operations"),
        ("GetMAKey", answer => MaKeyAnswer.Read(answer).Key.AuthorityName.Length == 0 ? "no name" : "a name"),
        ("Authenticate", answer => MaChallenge.Read(answer).Nonce.Length == 32 ? "a nonce" : "no nonce"),
        ("CompleteAuthentication", answer => MaToken.Read(answer, SampleDocuments.Destination.Parent).SeemsGood ? "good" : "over"),
        ("Upload", answer => MaUploadReceipt.Read(answer).AlreadyStored ? "again" : "first"),
        ("Delete", answer => MaDeletionReceipt.Read(answer).Deleted.Kind.ToString()),
    ];

    internal static byte[] Page { get; } = Envelope(
        $"<QueryResponse xmlns=\"{Ns}\"><Entry><Client>{Hex.Format(SampleDocuments.Destination.Parent.Name)}</Client><PackageId>{Guid.Empty:D}</PackageId><Digest>{new string('0', 64)}</Digest><Size>9</Size><Keys>1</Keys>"
        + "<Purpose>Backup</Purpose><SourceHost>a</SourceHost><Created>2026-01-31T00:00:00Z</Created><Received>2026-01-31T00:00:00Z</Received><Returnable>true</Returnable><Held>false</Held></Entry><Next>x</Next></QueryResponse>");

    internal static byte[] Fault { get; } = Envelope(
        $"<s:Fault><faultcode>s:Client</faultcode><faultstring>No.</faultstring><detail><MigrationFault xmlns=\"{Ns}\"><Code>PackageNotFound</Code><Message>No.</Message></MigrationFault></detail></s:Fault>");

    internal static byte[] Token { get; } = Envelope(
        $"<CompleteAuthenticationResponse xmlns=\"{Ns}\"><Token>AAAA</Token><Expires>2026-01-31T00:00:00Z</Expires><Client>{Hex.Format(SampleDocuments.Destination.Parent.Name)}</Client><IdentityCertificate>AAAA</IdentityCertificate></CompleteAuthenticationResponse>");

    internal static byte[] Key { get; } = Envelope(
        $"<GetMAKeyResponse xmlns=\"{Ns}\"><Certificate>AAAA</Certificate><Public>{Convert.ToBase64String(SampleDocuments.Destination.Parent.Marshal())}</Public><Name>{Hex.Format(SampleDocuments.Destination.Parent.Name)}</Name>"
        + $"<Document>{Convert.ToBase64String(Encoding.UTF8.GetBytes(SampleDocuments.AuthorityKey))}</Document></GetMAKeyResponse>");

    /// <summary>Reads an answer of the operation that it names.</summary>
    internal static string Read(byte[] content)
    {
        string text = Encoding.UTF8.GetString(content);
        (string operation, Func<StrictElement, string> read) = s_operations.FirstOrDefault(o => text.Contains($"<{o.Operation}Response", StringComparison.Ordinal), s_operations[0]);
        try
        {
            byte[] buffer = s_buffers.TakeBuffer(content.Length);
            content.CopyTo(buffer, 0);
            using Message reply = s_encoder.ReadMessage(new ArraySegment<byte>(buffer, 0, content.Length), s_buffers, "text/xml; charset=utf-8");
            return read(MaAnswer.Read(reply, operation));
        }
        catch (Exception e) when ((e as MaServiceException ?? MaTransportFault.Explain(e, s_address, null)) is { } known)
        {
            // A message quotes what came; each would be an outcome of its own.
            throw new MaServiceException(known.Fault, known.Fault.ToString(), e);
        }
    }

    private static byte[] Envelope(string body) => Encoding.UTF8.GetBytes($"<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{body}</s:Body></s:Envelope>");
}
