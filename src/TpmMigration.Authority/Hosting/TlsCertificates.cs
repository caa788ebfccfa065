using System;
using System.Linq;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using TpmMigration.Authority.Keys;

namespace TpmMigration.Authority.Hosting;

/// <summary>
/// What the service shows in handshakes: its own certificate, or the operator's with its chain. Either may be renewed while it runs. Callers are asked
/// for a certificate, which only administrators have; it is looked at when they want something, and need not be of any issuer.
/// </summary>
internal sealed partial class TlsCertificates(AuthorityKeys keys, CertificateFiles? files, ILogger log)
{
    private readonly Lock _lock = new();
    private Shown? _shown;

    /// <summary>The certificate that the next handshake shows.</summary>
    internal X509Certificate2 Current => Get().Certificate;

    /// <summary>For each handshake.</summary>
    internal TlsHandshakeCallbackOptions Handshakes() => new()
    {
        OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = Get().Context,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateRequired = true,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
#pragma warning disable CA5359 // It is about callers; AdministratorGate holds the certificate of one against the list.
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
        }),
    };

    private Shown Get()
    {
        lock (_lock)
        {
            if (files == null)
            {
                keys.Refresh();
                X509Certificate2 own = keys.TlsCertificate;
                if (_shown?.Certificate != own) _shown = new Shown(own, SslStreamCertificateContext.Create(own, null, offline: true), string.Empty);
                return _shown;
            }
            string stamp = files.Stamp();
            if (_shown is { } known && known.Stamp == stamp) return known;
            try
            {
                X509Certificate2Collection all = files.Read();
                return _shown = new Shown(all[0], SslStreamCertificateContext.Create(all[0], [.. all.Skip(1)], offline: true), stamp);
            }
            catch (CommandException e) when (_shown != null)
            {
                // Half written, perhaps: it is looked at again when it changes again.
                LogNotRenewed(e);
                return _shown = _shown with { Stamp = stamp };
            }
        }
    }

    private sealed record Shown(X509Certificate2 Certificate, SslStreamCertificateContext Context, string Stamp);

    [LoggerMessage(Level = LogLevel.Error, Message = "The certificate of TLS was changed and cannot be used; the one before is served.")]
    private partial void LogNotRenewed(Exception error);
}
