using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.ServiceModel;
using System.Xml;
using TpmMigration.Documents;
using TpmMigration.Tpm;

namespace TpmMigration.Authorities;

/// <summary>What the platform says of a request that failed, in words of this module.</summary>
internal static class MaTransportFault
{
    /// <returns>Null for what is no failure of the request.</returns>
    internal static MaServiceException? Explain(Exception exception, MaServiceAddress address, PinnedTlsCertificate? pin)
    {
        if (exception is MaServiceException or OperationCanceledException) return null;
        List<Exception> causes = Causes(exception);
        MaServiceException Because(MaServiceFault fault, string message) => new(fault, message, exception);
        if (causes.OfType<MaServiceException>().FirstOrDefault() is { } known) return known;
        if (pin?.Refused is { } refused)
            return Because(MaServiceFault.TlsRefused, $"'{address}' does not have the certificate of TLS that was named, but one with SHA-256 {Hex.Format(refused)}. Find out from its operator whether that is the right one before anything is sent there.");
        if (causes.Any(e => e is AuthenticationException or System.ServiceModel.Security.SecurityNegotiationException or WebException { Status: WebExceptionStatus.TrustFailure or WebExceptionStatus.SecureChannelFailure }))
            return Because(MaServiceFault.TlsRefused, $"The certificate of TLS of '{address}' is not trusted by this machine, or there is no TLS. Give the certificate's SHA-256, as 'tpm-ma init' prints it, with -TlsFingerprint; or have this machine trust whoever issued it.");
        if (causes.Any(e => e is QuotaExceededException))
            return Because(MaServiceFault.AnswerTooLarge, $"'{address}' answers with more than is taken in.");
        if (causes.Any(e => e is TimeoutException))
            return Because(MaServiceFault.TimedOut, $"'{address}' did not answer in time.");
        if (causes.Any(e => e is ServerTooBusyException))
            return Because(MaServiceFault.Unavailable, $"'{address}' cannot answer now.");
        if (causes.Any(e => e is SocketException or IOException or EndpointNotFoundException or WebException { Response: null }))
            return Because(MaServiceFault.NotReachable, $"'{address}' cannot be reached, or broke off. {causes.Last().Message}");
        // CommunicationException without any of these is the platform's word for an answer that is none. Its reader of SOAP lets names pass that
        // are none, or stumbles over them: ArgumentException.
        return causes.Any(e => e is CommunicationException or XmlException or DocumentFormatException or ArgumentException)
            ? Because(MaServiceFault.NotTheService, $"What answers at '{address}' is no Migration Authority, or one of another version. {Shown(causes.Last().Message)}")
            : null;
    }

    /// <summary>The exception and all that caused it, the first cause last.</summary>
    private static List<Exception> Causes(Exception exception)
    {
        List<Exception> causes = [];
        for (Exception? e = exception; e != null; e = e.InnerException)
        {
            if (e is not AggregateException) causes.Add(e);
        }
        return causes;
    }

    // Some texts of the platform quote what came back.
    private static string Shown(string text)
    {
        string line = new([.. text.Take(300).Select(c => char.IsControl(c) ? ' ' : c)]);
        return line.Length < text.Length ? line + "..." : line;
    }
}
