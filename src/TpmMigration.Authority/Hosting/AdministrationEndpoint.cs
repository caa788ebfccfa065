using System;
using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TpmMigration.Authority.Administration;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Operations;
using TpmMigration.Authority.Trust;
using TpmMigration.Authority.Vault;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>
/// What administrators do over the network: JSON over HTTP under /admin, each by the role of their certificate. What is more than this (who is let in,
/// keys, deleting) is for commands on the machine of the service.
/// </summary>
internal sealed partial class AdministrationEndpoint(OpenAuthority authority, AdministratorGate gate, WorkSlots slots, RequestLog requests, ILogger<AdministrationEndpoint> log)
{
    private const int MostPage = 1000, MostReason = 500;

    private readonly ClientAdministration _clients = new(authority.Database, TimeProvider.System);
    private readonly PackageAdministration _packages = new(authority.Database, TimeProvider.System);
    private readonly ApprovalAdministration _approvals = new(authority.Database, TimeProvider.System);

    internal void Map(WebApplication application)
    {
        const AdministratorRole Operator = AdministratorRole.Operator, Approver = AdministratorRole.Approver, Auditor = AdministratorRole.Auditor;
        Get("/admin/clients", "ClientList", [Operator], request => new { clients = _clients.Page(request.Hexadecimal("after"), request.Query("blocked") == "true", request.Most).Select(ClientCommand.Shown) });
        Get("/admin/clients/{client}", "ClientShow", [Operator], request => ClientCommand.Shown(_clients.Find(request.Client)));
        Post("/admin/clients/{client}/block", "ClientBlock", [Operator], (request, order, by) => ClientCommand.Shown(_clients.Block(request.Client, Reason(order), by)));
        Post("/admin/clients/{client}/unblock", "ClientUnblock", [Operator], (request, order, by) => ClientCommand.Shown(_clients.Unblock(request.Client, Reason(order), by)));
        Get("/admin/packages", "PackageList", [Operator, Approver, Auditor], request => new { packages = _packages.Page(request.Hexadecimal("client"), request.After, request.Most).Select(PackageCommand.Shown) });
        Get("/admin/packages/{client}/{id:guid}", "PackageShow", [Operator, Approver, Auditor], request => PackageCommand.Shown(_packages.Find(request.Client, request.Id)));
        Post("/admin/packages/{client}/{id:guid}/hold", "PackageHold", [Operator], (request, order, by) => PackageCommand.Shown(_packages.Hold(request.Client, request.Id, Reason(order), by)));
        Post("/admin/packages/{client}/{id:guid}/release", "PackageRelease", [Operator], (request, order, by) => PackageCommand.Shown(_packages.Release(request.Client, request.Id, Reason(order), by)));
        Get("/admin/approvals", "ApprovalList", [Approver], _ => new { approvals = _approvals.All().Select(ApprovalCommand.Shown) });
        Post("/admin/approvals", "ApprovalAdd", [Approver], (_, order, by) => ApprovalCommand.Shown(_approvals.Add(order.Document ?? throw Invalid("The document is missing."), Reason(order), by)));
        Get("/admin/audit", "AuditRead", [Auditor], request => authority.Database.Read(transaction =>
            new { records = AuditLog.After(transaction, request.Sequence, request.Most).Select(each => AuditCommand.Shown(each.Record, each.Digest)).ToList() }));
        Get("/admin/audit/verify", "AuditVerify", [Auditor], request =>
        {
            AuditVerdict verdict = authority.Database.Read(transaction => AuditLog.Verify(transaction, request.Hexadecimal("head")));
            return new { records = verdict.Records, head = Hex.Format(verdict.Head), problem = verdict.Problem };
        });

        void Get(string path, string what, AdministratorRole[] roles, Func<AdministrationRequest, object> work)
        {
            Task Handle(HttpContext context) => Answer(context, what, roles, (request, _) => Work(context, () => work(request)));
            application.MapGet(path, Handle);
        }

        void Post(string path, string what, AdministratorRole[] roles, Func<AdministrationRequest, Order, Actor, object> work)
        {
            Task Handle(HttpContext context) => Answer(context, what, roles, async (request, by) =>
            {
                Order order = await OrderOf(context);
                return await Work(context, () => work(request, order, by));
            });
            application.MapPost(path, Handle);
        }
    }

    private async Task Answer(HttpContext context, string what, AdministratorRole[] roles, Func<AdministrationRequest, Actor, Task<object>> work)
    {
        long start = Stopwatch.GetTimestamp();
        var note = new RequestNote { Operation = what };
        try
        {
            (int status, object answer) = await Outcome(context, note, async () =>
            {
                Administrator administrator = await Work(context, () => gate.Require(context, what, roles));
                return await work(new AdministrationRequest(context, MostPage), Actor.Of(administrator, RequestLog.OriginOf(context)));
            });
            byte[] content = JsonSerializer.SerializeToUtf8Bytes(answer, JsonSerializerOptions.Web);
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json; charset=utf-8";
            context.Response.ContentLength = content.Length;
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
        }
        finally
        {
            requests.Note(context, note, Stopwatch.GetElapsedTime(start));
        }
    }

    private Task<T> Work<T>(HttpContext context, Func<T> work) => slots.Run(work, context.RequestAborted);

    private async Task<(int Status, object Answer)> Outcome(HttpContext context, RequestNote note, Func<Task<object>> work)
    {
        try
        {
            object answer = await work();
            note.Outcome = AuditEvent.Success;
            return (StatusCodes.Status200OK, answer);
        }
        catch (AdministrationException e)
        {
            return Refused(e.Fault.ToString(), e.Message, e.Fault switch
            {
                AdministrationFault.NotFound => StatusCodes.Status404NotFound,
                AdministrationFault.Conflict => StatusCodes.Status409Conflict,
                _ => StatusCodes.Status400BadRequest,
            });
        }
        catch (AuthorityException e)
        {
            if (e.RetryAfter is { } wait) context.Response.Headers.RetryAfter = Math.Ceiling(Math.Max(wait.TotalSeconds, 1)).ToString(CultureInfo.InvariantCulture);
            return Refused(e.Fault.ToString(), e.Message, e.Fault switch
            {
                AuthorityFault.TooManyRequests => StatusCodes.Status429TooManyRequests,
                AuthorityFault.TooLarge => StatusCodes.Status413PayloadTooLarge,
                AuthorityFault.Unavailable => StatusCodes.Status503ServiceUnavailable,
                _ => StatusCodes.Status403Forbidden,
            });
        }
        catch (Exception e) when (e is DbException or VaultException or IOException && !context.RequestAborted.IsCancellationRequested)
        {
            LogUnavailable(e);
            return Refused(nameof(AuthorityFault.Unavailable), "The service cannot do it now. Try again later.", StatusCodes.Status503ServiceUnavailable);
        }

        (int, object) Refused(string code, string message, int status)
        {
            note.Outcome = code;
            return (status, new { code, message });
        }
    }

    /// <summary>What is ordered: JSON, and only if it says so, which no web page makes a browser say without asking first.</summary>
    private static async Task<Order> OrderOf(HttpContext context)
    {
        if (!context.Request.HasJsonContentType()) throw Invalid("An order is application/json.");
        using var content = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        for (int size; (size = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) != 0;)
        {
            content.Write(buffer, 0, size);
            if (content.Length > ServiceLimits.MostSmallMessageBytes) throw new AuthorityException(AuthorityFault.TooLarge, "The order is larger than this service takes in.");
        }
        try
        {
            return JsonSerializer.Deserialize<Order>(content.ToArray(), Strict) ?? throw Invalid("The order is empty.");
        }
        catch (JsonException e)
        {
            throw new AdministrationException(AdministrationFault.Invalid, "The order is no JSON of this form: {\"reason\": \"why\"}, and for approvals \"document\" in base64.", e);
        }
    }

    private static string Reason(Order order) => order.Reason is { Length: > 0 and <= MostReason } reason && !string.IsNullOrWhiteSpace(reason) && !reason.Any(char.IsControl)
        ? reason
        : throw Invalid($"A reason is a line of 1 to {MostReason} characters.");

    private static AdministrationException Invalid(string message) => new(AdministrationFault.Invalid, message);

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        MaxDepth = 4,
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "The service could not answer an administrator.")]
    private partial void LogUnavailable(Exception error);

    private sealed record Order(string? Reason, byte[]? Document);
}
