using System;
using System.Collections.Generic;
using System.Data;
using System.Data.Common;

namespace TpmMigration.Authority.Vault;

/// <summary>What is read and changed together. The SQL is what SQLite and PostgreSQL have in common.</summary>
public sealed class VaultTransaction
{
    private readonly VaultConnection _connection;
    private readonly DbTransaction _transaction;
    private readonly List<(string Sql, (string Name, object? Value)[] Parameters)> _later = [];

    internal VaultTransaction(VaultConnection connection, DbTransaction transaction) => (_connection, _transaction) = (connection, transaction);

    /// <summary>Runs a statement.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Execute(string sql, params (string Name, object? Value)[] parameters) => Run(sql, parameters, command => command.ExecuteNonQuery(), batch =>
    {
        batch.ExecuteNonQuery();
        return batch.BatchCommands[^1].RecordsAffected;
    });

    /// <summary>
    /// Runs a statement that returns no rows, before any that follows. A server gets it together with the next that is waited for: what it refuses is
    /// thrown there, in the commit at the latest.
    /// </summary>
    public void Later(string sql, params (string Name, object? Value)[] parameters)
    {
        if (_connection.TakesSeveral) _later.Add((sql, parameters));
        else Execute(sql, parameters);
    }

    /// <summary>All rows of a query, or of a statement that returns what it changed.</summary>
    public IReadOnlyList<T> Query<T>(string sql, Func<IDataRecord, T> read, params (string Name, object? Value)[] parameters)
    {
        List<T> rows = [];
        Each(sql, row => rows.Add(read(row)), parameters);
        return rows;
    }

    /// <summary>The rows of a query one by one, each for as long as it is looked at.</summary>
    public void Each(string sql, Action<IDataRecord> look, params (string Name, object? Value)[] parameters)
    {
        // Of several statements only the last returns rows.
        Run(sql, parameters, command => Look(command.ExecuteReader()), batch => Look(batch.ExecuteReader()));

        bool Look(DbDataReader opened)
        {
            using DbDataReader reader = opened;
            while (reader.Read()) look(reader);
            return true;
        }
    }

    /// <summary>A number that a query gives.</summary>
    public long Number(string sql, params (string Name, object? Value)[] parameters) =>
        Query(sql, row => Convert.ToInt64(row[0], System.Globalization.CultureInfo.InvariantCulture), parameters)[0];

    /// <summary>Runs what was left for later.</summary>
    internal void Flush()
    {
        if (_later.Count == 0) return;
        using DbBatch batch = TakeLater();
        batch.ExecuteNonQuery();
    }

    /// <summary>Times as they are stored: UTC, in seconds since 1970.</summary>
    internal static long Stored(DateTime utc) => new DateTimeOffset(utc, TimeSpan.Zero).ToUnixTimeSeconds();

    /// <summary>The time that is stored.</summary>
    internal static DateTime Time(long stored) => DateTimeOffset.FromUnixTimeSeconds(stored).UtcDateTime;

    private T Run<T>(string sql, (string Name, object? Value)[] parameters, Func<DbCommand, T> one, Func<DbBatch, T> several)
    {
        if (_later.Count != 0)
        {
            _later.Add((sql, parameters));
            using DbBatch batch = TakeLater();
            return several(batch);
        }
        DbCommand command = _connection.Take(sql);
        try
        {
            command.Transaction = _transaction;
            Fill(command.Parameters, command.CreateParameter, parameters);
            return one(command);
        }
        finally
        {
            _connection.GiveBack(command);
        }
    }

    private DbBatch TakeLater()
    {
        DbBatch batch = _connection.Connection.CreateBatch();
        batch.Transaction = _transaction;
        foreach ((string sql, (string Name, object? Value)[] parameters) in _later)
        {
            DbBatchCommand command = batch.CreateBatchCommand();
#pragma warning disable CA2100 // Statements are constants of this program; what comes from outside is a parameter.
            command.CommandText = sql;
#pragma warning restore CA2100
            Fill(command.Parameters, command.CreateParameter, parameters);
            batch.BatchCommands.Add(command);
        }
        _later.Clear();
        return batch;
    }

    private static void Fill(DbParameterCollection all, Func<DbParameter> create, (string Name, object? Value)[] parameters)
    {
        foreach ((string name, object? value) in parameters)
        {
            DbParameter parameter = create();
            (parameter.ParameterName, parameter.Value) = ("@" + name, value ?? DBNull.Value);
            all.Add(parameter);
        }
    }
}
