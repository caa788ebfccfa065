using System;
using System.Collections.Generic;
using System.Data;
using System.Data.Common;
using System.IO;
using Npgsql;

namespace TpmMigration.Authority.Vault;

/// <summary>
/// The database in a PostgreSQL server, or in several of which one takes writes. Several instances of the service may use it.
/// </summary>
/// <remarks>
/// Writers hold one advisory lock from their first statement to the commit, as all of them add to one audit trail anyway, so that each sees all that
/// was committed before: under READ COMMITTED every statement after the lock has a snapshot of its own. That is the serial order without its failures.
/// Readers have one snapshot (REPEATABLE READ), which is a state of that order.
/// </remarks>
public sealed class PostgresDatabase : VaultDatabase
{
    // Of ours, and of nobody else's use of the same database: "tpm-ma" in ASCII.
    private const long WritersLock = 0x74706D2D6D61;

    // That a message is logged makes the commit of a transaction that only found something wait for the disk, and for a synchronous standby, too: it
    // may have found what another commit left that never was confirmed.
    private static readonly string s_lock = FormattableString.Invariant($"SELECT pg_advisory_xact_lock({WritersLock}), pg_logical_emit_message(true, 'tpm-ma', '')");

    private readonly NpgsqlDataSource _source;
    private readonly string _name;

    /// <param name="connection">A connection string of Npgsql.</param>
    /// <exception cref="VaultException"><see cref="VaultFault.ConnectionUnreadable"/></exception>
    public PostgresDatabase(string connection)
    {
        NpgsqlConnectionStringBuilder settings = PostgresConnection.Settings(connection);
        _name = $"database '{settings.Database}' at {settings.Host}";
        var builder = new NpgsqlDataSourceBuilder(settings.ToString());
        _source = settings.Host!.Contains(',', StringComparison.Ordinal) ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary) : builder.Build();
    }

    protected override string BytesType => "BYTEA";

    public override string Describe() => Read(transaction =>
    {
        string warning = Setting(transaction, "fsync") == "on" ? string.Empty : "; its fsync is off, so that a crash of its machine loses packages";
        return $"PostgreSQL {Setting(transaction, "server_version").Split(' ')[0]}, {_name}{warning}";
    });

    protected override void RequireDurable(VaultTransaction transaction)
    {
        if (Setting(transaction, "synchronous_commit") == "on") return;
        throw new VaultException(VaultFault.NotDurable, "Commits would not wait for the disk: what is between this program and PostgreSQL drops the options of its sessions. Connect to PostgreSQL itself.");
    }

    protected override IReadOnlyList<string> AppendOnly(string table) =>
    [
        $"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$",
        $"CREATE TRIGGER {table}_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()",
    ];

    // Idle connections, and what is prepared on them, are kept by Npgsql.
    protected override VaultConnection Open(bool isWrite) => new(_source.OpenConnection(), preparesByItself: true);

    protected override DbTransaction Begin(VaultConnection connection, bool isWrite)
    {
        ArgumentNullException.ThrowIfNull(connection);
        DbTransaction transaction = connection.Connection.BeginTransaction(isWrite ? IsolationLevel.ReadCommitted : IsolationLevel.RepeatableRead);
        if (!isWrite) return transaction;
        try
        {
            new VaultTransaction(connection, transaction).Execute(s_lock);
            return transaction;
        }
        catch
        {
            transaction.Dispose();
            throw;
        }
    }

    protected override void Commit(DbTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        var connection = (NpgsqlConnection)transaction.Connection!;
        string? warning = null;
        void Note(object sender, NpgsqlNoticeEventArgs e) => warning ??= e.Notice.InvariantSeverity == "WARNING" ? e.Notice.MessageText : null;
        connection.Notice += Note;
        try
        {
            transaction.Commit();
        }
        finally
        {
            connection.Notice -= Note;
        }
        // Where somebody ends the wait for a synchronous standby, PostgreSQL acknowledges with a warning.
        if (warning != null) throw new VaultException(VaultFault.Unavailable, "PostgreSQL does not vouch for a commit: " + warning);
    }

    protected override bool MayRunAgain(DbException failure, bool isCommitting) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected } => true,
        // A connection of the pool that was lost while nobody used it.
        PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown } => !isCommitting,
        NpgsqlException { InnerException: IOException } => !isCommitting,
        _ => false,
    };

    protected override void Dispose(bool disposing)
    {
        if (disposing) _source.Dispose();
        base.Dispose(disposing);
    }

    private static string Setting(VaultTransaction transaction, string name) =>
        transaction.Query("SELECT current_setting(@name)", row => row.GetString(0), ("name", name))[0];
}
