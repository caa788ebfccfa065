using System;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Threading.Tasks;
using System.Xml.Linq;
using TpmMigration.Approvals;
using Xunit;

namespace TpmMigration.Tests.Authority.Scene;

/// <summary>Speaks SOAP as any client may, and as none should.</summary>
internal sealed class SoapClient(Func<Uri> address, HttpMessageHandler? handler = null) : IDisposable
{
    internal const string ServiceNs = "urn:tpm-migration:service:1";

    internal static readonly XNamespace Ns = ServiceNs;

    internal static readonly XNamespace Soap11 = "http://schemas.xmlsoap.org/soap/envelope/";

    internal static readonly XNamespace Soap12 = "http://www.w3.org/2003/05/soap-envelope";

    private readonly HttpClient _http = new(handler ?? new HttpClientHandler());

    /// <summary>A client of one instance, wherever that listens after it was started again.</summary>
    internal SoapClient(AuthorityProcess authority) : this(() => authority.Address) { }

    /// <summary>An element of the contract with base64 in it.</summary>
    internal static XElement Part(string name, byte[] content) => new(Ns + name, Convert.ToBase64String(content));

    internal static XElement Part(string name, object content) => new(Ns + name, content);

    internal static XElement Envelope(XNamespace soap, params object?[] body) =>
        new(soap + "Envelope", new XElement(soap + "Body", body));

    /// <summary>A message in SOAP 1.1 as it is sent.</summary>
    internal static byte[] Message(string operation, params object?[] parts) =>
        Encoding.UTF8.GetBytes(Envelope(Soap11, new XElement(Ns + operation, parts)).ToString(SaveOptions.DisableFormatting));

    /// <summary>Calls an operation in SOAP 1.1 and takes its answer.</summary>
    internal XElement Call(string operation, params object?[] parts)
    {
        SoapAnswer answer = Ask(operation, parts);
        Assert.True(answer.Fault == null, $"{operation} was refused: {answer.Fault} {answer.Message}");
        Assert.Equal(Ns + (operation + "Response"), answer.Content.Name);
        return answer.Content;
    }

    /// <summary>The storage key that packages are to be wrapped to.</summary>
    internal MigrationAuthorityKey AuthorityKey() => AuthorityKeyDocument.Read(Encoding.UTF8.GetString(ClientMachine.Bytes(Call("GetMAKey"), "Document")));

    /// <summary>Calls an operation that is to be refused.</summary>
    internal SoapAnswer Refused(string fault, string operation, params object?[] parts)
    {
        SoapAnswer answer = Ask(operation, parts);
        Assert.Equal(fault, answer.Fault);
        return answer;
    }

    internal SoapAnswer Ask(string operation, params object?[] parts) =>
        Send(Message(operation, parts), "text/xml", $"{ServiceNs}/{operation}");

    /// <summary>Sends anything.</summary>
    internal SoapAnswer Send(string content, string contentType, string? action = null) => Send(Encoding.UTF8.GetBytes(content), contentType, action);

    internal SoapAnswer Send(byte[] content, string contentType, string? action = null) => SendAsync(content, contentType, action).GetAwaiter().GetResult();

    internal async Task<SoapAnswer> SendAsync(byte[] content, string contentType, string? action = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address()) { Content = new ByteArrayContent(content) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        if (action != null) request.Headers.Add("SOAPAction", $"\"{action}\"");
        using HttpResponseMessage response = await _http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        return new SoapAnswer((int)response.StatusCode, text) { RetryAfter = response.Headers.RetryAfter?.Delta };
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>What came back.</summary>
internal sealed class SoapAnswer
{
    private readonly XElement? _envelope;

    internal SoapAnswer(int status, string text)
    {
        (Status, Text) = (status, text);
        if (text.Length == 0) return;
        _envelope = XElement.Parse(text);
        Detail = System.Linq.Enumerable.SingleOrDefault(_envelope.Descendants(SoapClient.Ns + "MigrationFault"));
    }

    internal int Status { get; }

    internal string Text { get; }

    internal TimeSpan? RetryAfter { get; init; }

    /// <summary>The code in the fault's detail; null if it is no fault.</summary>
    internal string? Fault => Detail?.Element(SoapClient.Ns + "Code")!.Value;

    internal string? Message => Detail?.Element(SoapClient.Ns + "Message")!.Value;

    /// <summary>The one element in the body.</summary>
    internal XElement Content => System.Linq.Enumerable.Single(_envelope!.Element(_envelope.Name.Namespace + "Body")!.Elements());

    private XElement? Detail { get; }
}
