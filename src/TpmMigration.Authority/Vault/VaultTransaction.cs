using System;
using System.Collections.Generic;
using System.Data;
using System.Data.Common;

namespace TpmMigration.Authority.Vault;

/// <summary>What is read and changed together. The SQL is what SQLite and PostgreSQL have in common.</summary>
public sealed class VaultTransaction
{
    private readonly DbConnection _connection;
    private readonly DbTransaction _transaction;

    internal VaultTransaction(DbConnection connection, DbTransaction transaction) => (_connection, _transaction) = (connection, transaction);

    /// <summary>Runs a statement.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Execute(string sql, params (string Name, object? Value)[] parameters)
    {
        using DbCommand command = Command(sql, parameters);
        return command.ExecuteNonQuery();
    }

    /// <summary>All rows of a query.</summary>
    public IReadOnlyList<T> Query<T>(string sql, Func<IDataRecord, T> read, params (string Name, object? Value)[] parameters)
    {
        using DbCommand command = Command(sql, parameters);
        using DbDataReader reader = command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read()) rows.Add(read(reader));
        return rows;
    }

    /// <summary>The rows of a query one by one, each for as long as it is looked at.</summary>
    public void Each(string sql, Action<IDataRecord> look, params (string Name, object? Value)[] parameters)
    {
        using DbCommand command = Command(sql, parameters);
        using DbDataReader reader = command.ExecuteReader();
        while (reader.Read()) look(reader);
    }

    /// <summary>A number that a query gives.</summary>
    public long Number(string sql, params (string Name, object? Value)[] parameters)
    {
        using DbCommand command = Command(sql, parameters);
        return Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Times as they are stored: UTC, in seconds since 1970.</summary>
    internal static long Stored(DateTime utc) => new DateTimeOffset(utc, TimeSpan.Zero).ToUnixTimeSeconds();

    /// <summary>The time that is stored.</summary>
    internal static DateTime Time(long stored) => DateTimeOffset.FromUnixTimeSeconds(stored).UtcDateTime;

    private DbCommand Command(string sql, (string Name, object? Value)[] parameters)
    {
        DbCommand command = _connection.CreateCommand();
        command.Transaction = _transaction;
#pragma warning disable CA2100 // Statements are constants of this program; what comes from outside is a parameter.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach ((string name, object? value) in parameters)
        {
            DbParameter parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ("@" + name, value ?? DBNull.Value);
            command.Parameters.Add(parameter);
        }
        return command;
    }
}
