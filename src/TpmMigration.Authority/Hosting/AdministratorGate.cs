using System;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using TpmMigration.Authority.Administration;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Operations;
using TpmMigration.Authority.Trust;

namespace TpmMigration.Authority.Hosting;

/// <summary>
/// Whether a caller is an administrator: by the certificate that the caller's TLS handshake proved the key of. Who issued it does not matter, since
/// it is listed itself; whether its time has come, and is not over, does.
/// </summary>
internal sealed class AdministratorGate(OpenAuthority authority, RequestLimiter limiter)
{
    /// <summary>The administrator who calls; null if it is none.</summary>
    internal Administrator? Find(HttpContext context)
    {
        if (context.Connection.ClientCertificate is not { } certificate || !IsInTime(certificate)) return null;
        byte[] fingerprint = AdministratorAdministration.FingerprintOf(certificate);
        return authority.Database.Read(transaction => AdministratorList.Find(transaction, fingerprint));
    }

    /// <summary>Sees to it that an administrator calls, in one of these roles.</summary>
    /// <param name="context">The request.</param>
    /// <param name="what">What is wanted, for the audit trail.</param>
    /// <param name="roles">Of which one is enough.</param>
    /// <exception cref="AuthorityException">It is none, is of another role, or asks too often.</exception>
    internal Administrator Require(HttpContext context, string what, params AdministratorRole[] roles)
    {
        string origin = RequestLog.OriginOf(context);
        Administrator? administrator = Find(context);
        if (administrator == null) limiter.RequireAddress(origin);
        else limiter.RequireClient(administrator.Fingerprint);
        if (administrator != null && roles.Contains(administrator.Role)) return administrator;
        if (limiter.MayRecord(AuthorityFault.AdministratorRequired, origin, administrator?.Fingerprint))
        {
            Actor actor = administrator == null ? new Actor(origin, origin) : Actor.Of(administrator, origin);
            authority.Database.Write(transaction =>
            {
                AuditLog.Append(transaction, DateTime.UtcNow, actor.Event(what, string.Empty, "Refused.") with { Outcome = nameof(AuthorityFault.AdministratorRequired) });
                return true;
            });
        }
        throw new AuthorityException(AuthorityFault.AdministratorRequired, $"This is for administrators in the role {string.Join(" or ", roles)}.");
    }

    private static bool IsInTime(X509Certificate2 certificate) =>
        certificate.NotBefore.ToUniversalTime() <= DateTime.UtcNow && DateTime.UtcNow <= certificate.NotAfter.ToUniversalTime();
}
