using System;
using System.Collections.Generic;
using System.Data;
using System.Data.Common;
using System.Globalization;

namespace TpmMigration.Authority.Vault;

/// <summary>
/// The database of the service. One kind of database differs from another in how it is opened, what it calls bytes, and how it keeps the audit
/// trail from being changed; schema and statements are the same.
/// </summary>
public abstract class VaultDatabase : IDisposable
{
    /// <summary>The name of the type of bytes in this kind of database.</summary>
    protected abstract string BytesType { get; }

    /// <summary>Statements that keep rows of a table from being changed or deleted.</summary>
    protected abstract IReadOnlyList<string> AppendOnly(string table);

    /// <summary>A connection that is open; commits on it are durable.</summary>
    protected abstract DbConnection Open();

    /// <summary>Keeps writers of this process from waiting for each other inside the database.</summary>
    protected abstract object WriteLock { get; }

    /// <summary>Makes the schema, or brings an older one up to date.</summary>
    /// <exception cref="VaultException">It was made by a later release.</exception>
    public void Migrate() => Write(transaction =>
    {
        transaction.Execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
        long version = transaction.Number("SELECT COALESCE(MAX(version), 0) FROM schema_version");
        if (version > VaultSchema.Version)
            throw new VaultException(string.Create(CultureInfo.InvariantCulture, $"The database has schema {version}, and this release knows {VaultSchema.Version}. Use the release that it belongs to, or a later one."));
        foreach (string statement in VaultSchema.From((int)version, BytesType, AppendOnly)) transaction.Execute(statement);
        if (version < VaultSchema.Version) transaction.Execute("INSERT INTO schema_version (version) VALUES (@version)", ("version", VaultSchema.Version));
        return version;
    });

    /// <summary>Reads at one point in time.</summary>
    public T Read<T>(Func<VaultTransaction, T> work) => Run(work, IsolationLevel.Serializable, isWrite: false);

    /// <summary>Changes all or nothing. What is changed is on disk when this returns.</summary>
    public T Write<T>(Func<VaultTransaction, T> work)
    {
        lock (WriteLock) return Run(work, IsolationLevel.Serializable, isWrite: true);
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Begins a transaction; one that writes may wait for other processes.</summary>
    protected abstract DbTransaction Begin(DbConnection connection, IsolationLevel level, bool isWrite);

    protected virtual void Dispose(bool disposing) { }

    private T Run<T>(Func<VaultTransaction, T> work, IsolationLevel level, bool isWrite)
    {
        using DbConnection connection = Open();
        using DbTransaction transaction = Begin(connection, level, isWrite);
        T result = work(new VaultTransaction(connection, transaction));
        transaction.Commit();
        return result;
    }
}
