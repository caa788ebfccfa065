using System;
using System.Diagnostics;
#if NET
using System.Net.Http;
#endif
using System.ServiceModel;
using System.ServiceModel.Channels;
using System.ServiceModel.Description;
using System.ServiceModel.Security;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using System.Xml;
using TpmMigration.Documents;

namespace TpmMigration.Authorities;

/// <summary>Sends a request to the service and takes its answer, as SOAP 1.1 over HTTP. What comes back is bounded, and read like any document.</summary>
internal sealed class MaChannel : IDisposable
{
    private const int TickMilliseconds = 200;
    private const int MostDepth = 16;

    // The channel's own limit is behind ours, which is heeded everywhere alike.
    private static readonly TimeSpan Behind = TimeSpan.FromSeconds(10);

    private readonly MaServiceAddress _address;
    private readonly TimeSpan _timeout;
    private readonly IChannelFactory<IRequestChannel> _factory;
    private readonly PinnedTlsCertificate? _pin;

    /// <param name="address">The service.</param>
    /// <param name="timeout">For one request and its answer.</param>
    /// <param name="mostBytes">Of an answer.</param>
    internal MaChannel(MaServiceAddress address, TimeSpan timeout, int mostBytes)
    {
        (_address, _timeout) = (address, timeout);
        var parameters = new BindingParameterCollection();
#if NET
        // What is sent is for this service, and not for whomever it or somebody between names. .NET Framework repeats no message by itself.
        parameters.Add((Func<HttpClientHandler, HttpMessageHandler>)(handler =>
        {
            handler.AllowAutoRedirect = false;
            return handler;
        }));
#endif
        if (address.TlsFingerprint != null)
        {
            _pin = new PinnedTlsCertificate(address.TlsFingerprint);
            var credentials = new ClientCredentials();
            credentials.ServiceCertificate.SslCertificateAuthentication = new X509ServiceCertificateAuthentication
            {
                CertificateValidationMode = X509CertificateValidationMode.Custom,
                CustomCertificateValidator = _pin,
            };
            parameters.Add(credentials);
        }
        _factory = Binding(address, timeout + Behind, mostBytes).BuildChannelFactory<IRequestChannel>(parameters);
        _factory.Open();
    }

    /// <summary>Sends a request.</summary>
    /// <param name="message">The request.</param>
    /// <param name="waiting">Called a few times a second.</param>
    /// <param name="cancellation">Ends the wait at once; the request may be carried out all the same.</param>
    /// <returns>The answer of that operation.</returns>
    /// <exception cref="MaServiceException">The service refuses, or there is no answer that can be used.</exception>
    internal StrictElement Ask(MaMessage message, Action? waiting, CancellationToken cancellation)
    {
        IRequestChannel channel = _factory.CreateChannel(new EndpointAddress(_address.Uri));
        try
        {
            // In a thread of its own, since looking for the host cannot be stopped.
            Task<Message> asked = Task.Run(() =>
            {
                channel.Open();
                return Task.Factory.FromAsync((callback, state) => channel.BeginRequest(message.ToSoap(), _timeout + Behind, callback, state), channel.EndRequest, null);
            }, CancellationToken.None);
            using Message reply = Await(asked, waiting, cancellation);
            return MaAnswer.Read(reply, message.Operation);
        }
        catch (Exception e) when (MaTransportFault.Explain(e, _address, _pin) is { } known)
        {
            throw known;
        }
        finally
        {
            channel.Abort();
        }
    }

    public void Dispose() => _factory.Abort();

    private Message Await(Task<Message> asked, Action? waiting, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        try
        {
            while (!asked.Wait(TickMilliseconds, cancellation))
            {
                if (watch.Elapsed > _timeout) throw new TimeoutException();
                waiting?.Invoke();
            }
            return asked.GetAwaiter().GetResult();
        }
        catch (Exception)
        {
            // Nobody waits for it any more; what becomes of it is nobody's concern.
            _ = asked.ContinueWith(static task => { if (task.Status == TaskStatus.RanToCompletion) task.Result.Close(); else _ = task.Exception; }, TaskScheduler.Default);
            throw;
        }
    }

    private static CustomBinding Binding(MaServiceAddress address, TimeSpan timeout, int mostBytes)
    {
        var encoding = new TextMessageEncodingBindingElement(MaMessage.Version, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        new XmlDictionaryReaderQuotas
        {
            MaxDepth = MostDepth,
            MaxStringContentLength = mostBytes,
            MaxArrayLength = mostBytes,
            MaxBytesPerRead = 64 * 1024,
            MaxNameTableCharCount = 64 * 1024,
        }.CopyTo(encoding.ReaderQuotas);
        HttpTransportBindingElement transport = address.Uri.Scheme == "https" ? new HttpsTransportBindingElement() : new HttpTransportBindingElement();
        transport.MaxReceivedMessageSize = mostBytes;
        transport.MaxBufferSize = mostBytes;
        transport.BypassProxyOnLocal = true;
        return new CustomBinding(encoding, transport) { OpenTimeout = timeout, SendTimeout = timeout, ReceiveTimeout = timeout };
    }
}
