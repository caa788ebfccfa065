using System;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TpmMigration.Authority.Operations;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>One line in the log for each request, and its place in the metrics.</summary>
internal sealed partial class RequestLog(ServiceMetrics metrics, ILogger<RequestLog> log)
{
    /// <summary>The address that a request came from.</summary>
    internal static string OriginOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? string.Empty;

    /// <summary>Notes a request that was answered, or was not.</summary>
    internal void Note(HttpContext context, RequestNote note, TimeSpan duration)
    {
        long received = context.Request.ContentLength ?? 0, sent = context.Response.ContentLength ?? 0;
        metrics.Answered(note.Operation, note.Outcome, duration, received, sent);
        string origin = OriginOf(context), client = Hex.Format(note.Client);
        double milliseconds = Math.Round(duration.TotalMilliseconds, 1);
        LogRequest(context.TraceIdentifier, note.Operation, note.Outcome, context.Response.StatusCode, milliseconds, received, sent, origin, client, note.Subject);
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "{Request} {Operation} {Outcome} {Status} in {Milliseconds} ms, {Received} bytes in, {Sent} out, from {Origin}, client {Client}, about {Subject}")]
    private partial void LogRequest(
        string request, string operation, string outcome, int status, double milliseconds, long received, long sent, string origin, string client, string subject);
}
