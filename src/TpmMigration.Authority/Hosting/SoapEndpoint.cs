using System;
using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Operations;
using TpmMigration.Authority.Service;
using TpmMigration.Authority.Soap;
using TpmMigration.Authority.Vault;

namespace TpmMigration.Authority.Hosting;

/// <summary>
/// SOAP over HTTP. A sender that nobody knows gets no more than a small message read; what is longer is read only for a client whose token was in the
/// part that was read, and few at a time.
/// </summary>
internal sealed partial class SoapEndpoint(
    MigrationService service, ServiceLimits limits, RequestLimiter limiter, WorkSlots slots, AdministratorGate gate, RequestLog requests, ILogger<SoapEndpoint> log) : IDisposable
{
    /// <summary>Bytes to begin with where a message does not say how long it is.</summary>
    private const int ReadSize = 8 * 1024;

    private readonly SemaphoreSlim _longMessages = new(Math.Max(2, Environment.ProcessorCount));

    internal async Task Answer(HttpContext context)
    {
        long start = Stopwatch.GetTimestamp();
        var note = new RequestNote();
        try
        {
            await Answer(context, note);
        }
        finally
        {
            requests.Note(context, note, Stopwatch.GetElapsedTime(start));
        }
    }

    /// <summary>The contract, with the address at which it was asked for.</summary>
    internal async Task Describe(HttpContext context)
    {
        long start = Stopwatch.GetTimestamp();
        var note = new RequestNote { Operation = "Contract", Outcome = "NotFound" };
        try
        {
            if (!string.Equals(context.Request.QueryString.Value, "?wsdl", StringComparison.OrdinalIgnoreCase))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }
            byte[] content = Encoding.UTF8.GetBytes(ServiceNamespace.Wsdl($"{context.Request.Scheme}://{context.Request.Host}/"));
            context.Response.ContentType = "text/xml; charset=utf-8";
            context.Response.ContentLength = content.Length;
            note.Outcome = AuditEvent.Success;
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
        }
        finally
        {
            requests.Note(context, note, Stopwatch.GetElapsedTime(start));
        }
    }

    public void Dispose() => _longMessages.Dispose();

    private async Task Answer(HttpContext context, RequestNote note)
    {
        if (VersionOf(context.Request) is not { } version)
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            note.Outcome = "UnsupportedMediaType";
            return;
        }
        SoapResponse response;
        try
        {
            response = SoapResponse.Of(version, await Answer(context, version, note));
            note.Outcome = AuditEvent.Success;
        }
        catch (AuthorityException e)
        {
            AuthorityException refusal = Counted(e, note, RequestLog.OriginOf(context));
            note.Outcome = refusal.Fault.ToString();
            response = SoapResponse.Of(version, refusal);
            if (refusal.RetryAfter is { } wait) context.Response.Headers.RetryAfter = Math.Ceiling(Math.Max(wait.TotalSeconds, 1)).ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is DbException or VaultException or IOException && !context.RequestAborted.IsCancellationRequested)
        {
            LogUnavailable(e);
            note.Outcome = nameof(AuthorityFault.Unavailable);
            response = SoapResponse.Of(version, new AuthorityException(AuthorityFault.Unavailable, "The service cannot do it now. Try again later."));
        }
        context.Response.StatusCode = response.Status;
        context.Response.ContentType = version.ContentType + "; charset=utf-8";
        context.Response.ContentLength = response.Content.Length;
        await context.Response.Body.WriteAsync(response.Content, context.RequestAborted);
    }

    /// <summary>What is no message has not been counted yet, since nobody knew whose it is.</summary>
    private AuthorityException Counted(AuthorityException refusal, RequestNote note, string origin)
    {
        if (note.Operation.Length != 0) return refusal;
        try
        {
            limiter.RequireAddress(origin);
            return refusal;
        }
        catch (AuthorityException tooMany)
        {
            return tooMany;
        }
    }

    private async Task<XElement> Answer(HttpContext context, SoapVersion version, RequestNote note)
    {
        string origin = RequestLog.OriginOf(context);
        (byte[] beginning, bool isWhole) = await Read(context, [], ServiceLimits.MostSmallMessageBytes);
        if (isWhole) return await Work(() => Answer(context.Request, SoapRequestReader.Read(beginning, version), version, origin, note));
        (MigrationOperation operation, byte[]? token) = SoapRequestReader.ReadBeginning(beginning, version);
        await slots.Run(() => service.RequireSender(operation, token, origin, note), context.RequestAborted);
        await _longMessages.WaitAsync(context.RequestAborted);
        try
        {
            (byte[] message, isWhole) = await Read(context, beginning, operation == MigrationOperation.Upload ? limits.MostMessageBytes : ServiceLimits.MostApprovalMessageBytes);
            return await Work(() => isWhole
                ? Answer(context.Request, SoapRequestReader.Read(message, version), version, origin, note)
                : service.RefuseTooLarge(operation, token!, origin, note));
        }
        finally
        {
            _longMessages.Release();
        }

        Task<T> Work<T>(Func<T> work) => slots.Run(work, context.RequestAborted);
    }

    private XElement Answer(HttpRequest http, SoapRequest request, SoapVersion version, string origin, RequestNote note)
    {
        if (ActionOf(http, version) is { Length: > 0 } action && action != ServiceNamespace.ActionOf(request.Operation))
            throw new AuthorityException(AuthorityFault.ActionMismatch, $"The action is not that of {request.Operation}, which the message is.");
        return service.Answer(request, origin, note, request is { Operation: MigrationOperation.Query, Token: null } ? gate.Find(http.HttpContext) : null);
    }

    /// <summary>Reads up to a size.</summary>
    /// <param name="context">The request.</param>
    /// <param name="before">What was read of it already.</param>
    /// <param name="most">How much in all.</param>
    /// <returns>What there is, and whether it is all.</returns>
    private static async Task<(byte[] Content, bool IsWhole)> Read(HttpContext context, byte[] before, long most)
    {
        long? whole = context.Request.ContentLength;
        byte[] content = new byte[Math.Clamp(whole ?? ReadSize, before.Length, most)];
        before.CopyTo(content, 0);
        int size = before.Length;
        while (size < most)
        {
            if (size == whole) return (content, true);
            if (size == content.Length) Array.Resize(ref content, (int)Math.Min(most, Math.Max(ReadSize, 2L * size)));
            int more = await context.Request.Body.ReadAsync(content.AsMemory(size), context.RequestAborted);
            if (more == 0) return (content[..size], true);
            size += more;
        }
        return (content, false);
    }

    private static SoapVersion? VersionOf(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
        && (!type.Charset.HasValue || type.Charset.Value!.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            ? SoapVersion.Of(type.MediaType.Value)
            : null;

    /// <summary>SOAP 1.1 has the action in a header of its own, SOAP 1.2 in the content type. Either may leave it out.</summary>
    private static string? ActionOf(HttpRequest request, SoapVersion version) => (version == SoapVersion.Soap11
        ? request.Headers["SOAPAction"].ToString()
        : MediaTypeHeaderValue.Parse(request.ContentType).Parameters.FirstOrDefault(p => p.Name.Equals("action", StringComparison.OrdinalIgnoreCase))?.Value.Value)?.Trim('"');

    [LoggerMessage(Level = LogLevel.Error, Message = "The service could not answer.")]
    private partial void LogUnavailable(Exception error);
}
