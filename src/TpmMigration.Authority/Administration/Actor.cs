using TpmMigration.Approvals;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Trust;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Administration;

/// <summary>Who administrates, for the audit trail.</summary>
/// <param name="Name">The account on this machine, or the certificate of an administrator.</param>
/// <param name="Origin">The same account, or the address that it came from.</param>
internal sealed record Actor(string Name, string Origin)
{
    /// <summary>Whoever runs a command on this machine.</summary>
    internal static Actor Local => new(Account.Current, Account.Current);

    /// <summary>An administrator over the network.</summary>
    internal static Actor Of(Administrator administrator, string origin) => new($"{administrator.Role} '{administrator.Label}' {Hex.Format(administrator.Fingerprint)[..16]}", origin);

    /// <summary>A record of what was done, and why.</summary>
    internal AuditEvent Event(string what, string subject, string reason, byte[]? client = null) => new()
    {
        Name = what,
        Origin = Origin,
        Client = client ?? [],
        Subject = subject,
        Detail = Name == Origin ? reason : $"By {Name}: {reason}",
    };
}
