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

    internal VaultTransaction(VaultConnection connection, DbTransaction transaction) => (_connection, _transaction) = (connection, transaction);

    /// <summary>Runs a statement.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Execute(string sql, params (string Name, object? Value)[] parameters) => Run(sql, parameters, command => command.ExecuteNonQuery());

    /// <summary>All rows of a query, or of a statement that returns what it changed.</summary>
    public IReadOnlyList<T> Query<T>(string sql, Func<IDataRecord, T> read, params (string Name, object? Value)[] parameters)
    {
        List<T> rows = [];
        Each(sql, row => rows.Add(read(row)), parameters);
        return rows;
    }

    /// <summary>The rows of a query one by one, each for as long as it is looked at.</summary>
    public void Each(string sql, Action<IDataRecord> look, params (string Name, object? Value)[] parameters) => Run(sql, parameters, command =>
    {
        using DbDataReader reader = command.ExecuteReader();
        while (reader.Read()) look(reader);
        return true;
    });

    /// <summary>A number that a query gives.</summary>
    public long Number(string sql, params (string Name, object? Value)[] parameters) =>
        Run(sql, parameters, command => Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Times as they are stored: UTC, in seconds since 1970.</summary>
    internal static long Stored(DateTime utc) => new DateTimeOffset(utc, TimeSpan.Zero).ToUnixTimeSeconds();

    /// <summary>The time that is stored.</summary>
    internal static DateTime Time(long stored) => DateTimeOffset.FromUnixTimeSeconds(stored).UtcDateTime;

    private T Run<T>(string sql, (string Name, object? Value)[] parameters, Func<DbCommand, T> run)
    {
        DbCommand command = _connection.Take(sql);
        try
        {
            command.Transaction = _transaction;
            foreach ((string name, object? value) in parameters)
            {
                DbParameter parameter = command.CreateParameter();
                (parameter.ParameterName, parameter.Value) = ("@" + name, value ?? DBNull.Value);
                command.Parameters.Add(parameter);
            }
            return run(command);
        }
        finally
        {
            _connection.GiveBack(command);
        }
    }
}
