using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace TpmMigration.Cmdlets.Tests.MaService;

/// <summary>What came to whoever is between.</summary>
/// <param name="Operation">By its action.</param>
/// <param name="Content">The envelope.</param>
internal sealed record Request(string Operation, string Content);

/// <summary>What it says.</summary>
/// <param name="Content">Of the answer.</param>
/// <param name="Status">Of HTTP.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="Location">Where it sends the caller instead.</param>
internal sealed record Answer(string Content, int Status = 200, string ContentType = "text/xml; charset=utf-8", string? Location = null)
{
    internal const string Ns = "urn:tpm-migration:service:1";

    /// <summary>A message of SOAP 1.1.</summary>
    internal static Answer Soap(string body, int status = 200) =>
        new($"<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>{body}</soap:Body></soap:Envelope>", status);

    /// <summary>A fault of the contract.</summary>
    internal static Answer Fault(string code, string message = "No.") => Soap(
        $"<soap:Fault><faultcode>soap:Client</faultcode><faultstring>{message}</faultstring><detail><MigrationFault xmlns=\"{Ns}\"><Code>{code}</Code><Message>{message}</Message></MigrationFault></detail></soap:Fault>", 500);
}

/// <summary>
/// An HTTP server of a test, which answers as the test says: by itself, or as somebody between a client and a service, who changes what comes back.
/// </summary>
internal sealed class Between : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly HttpClient _http = new();
    private readonly Uri? _service;
    private readonly List<Request> _requests = [];

    /// <param name="service">Whom <see cref="Forward"/> asks.</param>
    internal Between(Uri? service = null)
    {
        _service = service;
        _listener.Start();
        _ = Listen();
    }

    internal Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>What is answered; null hangs up.</summary>
    internal Func<Request, Answer?> Speak { get; set; } = _ => null;

    /// <summary>What came, the last one last.</summary>
    internal string[] Operations
    {
        get { lock (_requests) return [.. _requests.Select(r => r.Operation)]; }
    }

    internal void Forget()
    {
        lock (_requests) _requests.Clear();
    }

    /// <summary>What the service answers.</summary>
    internal Answer Forward(Request request)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, _service) { Content = new StringContent(request.Content, Encoding.UTF8, "text/xml") };
        message.Headers.Add("SOAPAction", $"\"{Answer.Ns}/{request.Operation}\"");
        using HttpResponseMessage response = _http.Send(message);
        using var text = new System.IO.StreamReader(response.Content.ReadAsStream());
        return new Answer(text.ReadToEnd(), (int)response.StatusCode);
    }

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _http.Dispose();
        _end.Dispose();
    }

    private async Task Listen()
    {
        try
        {
            while (true) _ = Serve(await _listener.AcceptTcpClientAsync(_end.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task Serve(TcpClient client)
    {
        using TcpClient own = client;
        try
        {
            NetworkStream stream = client.GetStream();
            if (await Read(stream) is not { } request) return;
            lock (_requests) _requests.Add(request);
            // In another thread: some wait for the test.
            if (await Task.Run(() => Speak(request)) is not { } answer) return;
            byte[] content = Encoding.UTF8.GetBytes(answer.Content);
            string head = $"HTTP/1.1 {answer.Status} Status\r\nContent-Type: {answer.ContentType}\r\nContent-Length: {content.Length}\r\nConnection: close\r\n{(answer.Location == null ? "" : $"Location: {answer.Location}\r\n")}\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
            await stream.WriteAsync(content);
        }
        catch (Exception e) when (e is System.IO.IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client hung up.
        }
    }

    private async Task<Request?> Read(NetworkStream stream)
    {
        List<byte> received = [];
        byte[] buffer = new byte[64 * 1024];
        int head;
        while ((head = Encoding.Latin1.GetString([.. received]).IndexOf("\r\n\r\n", StringComparison.Ordinal)) < 0)
        {
            int size = await stream.ReadAsync(buffer, _end.Token);
            if (size == 0) return null;
            received.AddRange(buffer.AsSpan(0, size));
        }
        string[] lines = Encoding.ASCII.GetString([.. received], 0, head).Split("\r\n");
        string Header(string name) => lines.FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim() ?? string.Empty;
        if (Header("Expect").Length != 0) await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray());
        int length = int.Parse("0" + Header("Content-Length"), System.Globalization.CultureInfo.InvariantCulture);
        while (received.Count < head + 4 + length)
        {
            int size = await stream.ReadAsync(buffer, _end.Token);
            if (size == 0) return null;
            received.AddRange(buffer.AsSpan(0, size));
        }
        return new Request(Header("SOAPAction").Trim('"').Split('/').Last(), Encoding.UTF8.GetString([.. received], head + 4, length));
    }
}
