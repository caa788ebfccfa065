using System;
using System.Collections.Generic;
using System.Data.Common;

namespace TpmMigration.Authority.Vault;

/// <summary>An open connection, and the commands that were used on it: to prepare a statement can take longer than to run it.</summary>
public sealed class VaultConnection : IDisposable
{
    private readonly Dictionary<string, DbCommand> _commands = new(StringComparer.Ordinal);
    private readonly bool _preparesByItself;

    /// <param name="connection">It is disposed with this.</param>
    /// <param name="preparesByItself">Whether it keeps what was prepared for later commands of the same text.</param>
    public VaultConnection(DbConnection connection, bool preparesByItself)
    {
        Connection = connection;
        _preparesByItself = preparesByItself;
    }

    internal DbConnection Connection { get; }

    /// <summary>Whether statements reach it in one exchange, which is worth something with a server.</summary>
    internal bool TakesSeveral => Connection.CanCreateBatch;

    /// <summary>A command without parameters, for one use at a time. It is <see cref="GiveBack">given back</see> or disposed.</summary>
    internal DbCommand Take(string sql)
    {
        if (_commands.Remove(sql, out DbCommand? command)) return command;
        command = Connection.CreateCommand();
#pragma warning disable CA2100 // Statements are constants of this program; what comes from outside is a parameter.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }

    internal void GiveBack(DbCommand command)
    {
        command.Parameters.Clear();
        if (_preparesByItself || !_commands.TryAdd(command.CommandText, command)) command.Dispose();
    }

    public void Dispose()
    {
        foreach (DbCommand command in _commands.Values) command.Dispose();
        Connection.Dispose();
    }
}
