using System;
using System.Linq;
using Npgsql;

namespace TpmMigration.Authority.Vault;

/// <summary>What the operator says of the connection, and what the vault needs of it.</summary>
internal static class PostgresConnection
{
    // Before whatever the role or the database has: commits wait for the disk, and for the standby where one is synchronous. Nobody waits for ever for
    // an instance that hangs in the middle of a transaction.
    private const string SessionOptions = "-c synchronous_commit=on -c lock_timeout=20s -c idle_in_transaction_session_timeout=60s";

    /// <summary>The settings of a connection string; without several hosts' target, which is the primary.</summary>
    /// <exception cref="VaultException"><see cref="VaultFault.ConnectionUnreadable"/></exception>
    internal static NpgsqlConnectionStringBuilder Settings(string connection)
    {
        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = new NpgsqlConnectionStringBuilder(connection);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            // What it says may quote the connection string, and there may be a password in it.
            throw Unreadable();
        }
        if (string.IsNullOrEmpty(settings.Host) || string.IsNullOrEmpty(settings.Database)) throw Unreadable();
        settings.Remove("Target Session Attributes");
        settings.Options = $"{settings.Options} {SessionOptions}".Trim();
        settings.IncludeErrorDetail = settings.PersistSecurityInfo = settings.Enlist = false;
        // A commit that is cancelled while it waits for its standby is acknowledged, and must not be. Instead the connection is given up.
        settings.CancellationTimeout = -1;
        Default("Application Name", () => settings.ApplicationName = "tpm-ma");
        Default("Timeout", () => settings.Timeout = 5);
        Default("Maximum Pool Size", () => settings.MaxPoolSize = 20);
        Default("Max Auto Prepare", () => settings.MaxAutoPrepare = 50);
        // Seconds after which a standby is asked again whether it was promoted.
        Default("Host Recheck Seconds", () => settings.HostRecheckSeconds = 1);
        return settings;

        void Default(string keyword, Action set)
        {
            if (!settings.Keys.Contains(keyword, StringComparer.OrdinalIgnoreCase)) set();
        }
    }

    private static VaultException Unreadable() => new(
        VaultFault.ConnectionUnreadable,
        "The connection string of the database cannot be read. It has the form Host=name;Database=name;Username=name;Password=...;SSL Mode=VerifyFull, with several hosts separated by commas.");
}
