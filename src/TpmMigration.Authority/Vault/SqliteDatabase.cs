using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Data.Common;
using System.Linq;
using Microsoft.Data.Sqlite;

namespace TpmMigration.Authority.Vault;

/// <summary>
/// The database as a file: write-ahead log, and each commit on disk before it returns (synchronous FULL). Several processes may use it.
/// </summary>
public sealed class SqliteDatabase : VaultDatabase
{
    private readonly string _path;
    private readonly string _connection;
    // What a writer wrote, its connection keeps in memory; the others read the file again after each write.
    private readonly ConcurrentStack<VaultConnection> _readers = [], _writers = [];

    /// <param name="path">The file; it is made if need be.</param>
    public SqliteDatabase(string path)
    {
        _path = path;
        _connection = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            // Those that are idle are kept here, with what was prepared on them.
            Pooling = false,
            // Seconds to wait for another process that writes.
            DefaultTimeout = 30,
        }.ToString();
    }

    protected override string BytesType => "BLOB";

    public override string Describe() => $"SQLite, {_path}";

    public override bool TryCopyTo(string path)
    {
        using VaultConnection from = Open(isWrite: false);
        using var to = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        ((SqliteConnection)from.Connection).BackupDatabase(to);
        return true;
    }

    // Each connection is opened so.
    protected override void RequireDurable(VaultTransaction transaction) { }

    protected override IReadOnlyList<string> AppendOnly(string table) =>
    [
        $"CREATE TRIGGER {table}_unchanged BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
        $"CREATE TRIGGER {table}_undeleted BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
    ];

    protected override VaultConnection Open(bool isWrite)
    {
        if (Idle(isWrite).TryPop(out VaultConnection? idle)) return idle;
        var connection = new SqliteConnection(_connection);
        try
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            // The first stays with the file, the others are the connection's. fullfsync matters where fsync alone does not reach the disk.
            command.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA trusted_schema = OFF;";
            command.ExecuteNonQuery();
            return new VaultConnection(connection, preparesByItself: false);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    protected override void Close(VaultConnection connection, bool isWrite) => Idle(isWrite).Push(connection);

    protected override DbTransaction Begin(VaultConnection connection, bool isWrite)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return ((SqliteConnection)connection.Connection).BeginTransaction(deferred: !isWrite);
    }

    protected override void Commit(DbTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        transaction.Commit();
    }

    // It waits for other processes by itself.
    protected override bool MayRunAgain(DbException failure, bool isCommitting) => false;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (VaultConnection idle in _readers.Concat(_writers)) idle.Dispose();
        }
        base.Dispose(disposing);
    }

    private ConcurrentStack<VaultConnection> Idle(bool isWrite) => isWrite ? _writers : _readers;
}
