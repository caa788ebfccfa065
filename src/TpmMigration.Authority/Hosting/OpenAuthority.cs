using System;
using System.Collections.Generic;
using TpmMigration.Approvals;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>A Migration Authority whose data directory is open: its keys and its database.</summary>
internal sealed class OpenAuthority : IDisposable
{
    private const string Initialize = "Initialize";

    private OpenAuthority(DataDirectory directory, AuthorityKeys keys, VaultDatabase database) => (Directory, Keys, Database) = (directory, keys, database);

    internal DataDirectory Directory { get; }

    internal AuthorityKeys Keys { get; }

    internal VaultDatabase Database { get; }

    /// <summary>Makes a Migration Authority. The keys are written last: without them there is none, and it can be made again.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="name">What people call it.</param>
    /// <param name="hosts">Under which clients reach it.</param>
    /// <param name="storageKey">Makes its storage key.</param>
    /// <param name="connection">How to reach its database server, which is kept; null if it has none, or is told otherwise.</param>
    /// <exception cref="DataDirectoryException">One is there already.</exception>
    /// <exception cref="VaultException">Its database cannot be used.</exception>
    internal static OpenAuthority Create(DataDirectory directory, string name, IReadOnlyList<string> hosts, Func<DateTime, StorageKey> storageKey, string? connection)
    {
        directory.Create();
        byte[] secret = directory.ReadSecret();
        VaultDatabase database = Connect(directory, directory.Connection ?? connection);
        var keys = AuthorityKeys.Create(name, hosts, DateTime.UtcNow, storageKey(DateTime.UtcNow));
        try
        {
            database.Migrate();
            RequireUnused(database);
            Note(database, new AuditEvent { Name = Initialize, Origin = Account.Current, Subject = name, Detail = "Storage key " + Hex.Format(keys.StorageKey.Name) });
            directory.WriteConnection(connection);
            directory.WriteCertificates(keys);
            AuthorityKeyFile.Write(directory.KeysPath, keys, keys.StorageKeys, secret);
            return new OpenAuthority(directory, keys, database);
        }
        catch
        {
            database.Dispose();
            keys.Dispose();
            throw;
        }
        finally
        {
            SecretBytes.Clear(secret);
        }
    }

    /// <exception cref="DataDirectoryException">There is none, or its keys do not open.</exception>
    /// <exception cref="VaultException">Its database is of a later release.</exception>
    internal static OpenAuthority Open(DataDirectory directory)
    {
        directory.Require();
        byte[] secret = directory.ReadSecret();
        AuthorityKeys keys;
        try
        {
            keys = AuthorityKeyFile.Read(directory.KeysPath, secret);
        }
        finally
        {
            SecretBytes.Clear(secret);
        }
        return new OpenAuthority(directory, keys, OpenDatabase(directory));
    }

    /// <summary>The database alone, for what takes no keys.</summary>
    /// <inheritdoc cref="Open"/>
    internal static VaultDatabase OpenDatabase(DataDirectory directory)
    {
        directory.Require();
        VaultDatabase database = Connect(directory, directory.ReadConnection());
        try
        {
            database.Migrate();
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Database.Dispose();
        Keys.Dispose();
    }

    /// <summary>The database that a connection string leads to, or the file in the data directory; as it is.</summary>
    /// <exception cref="VaultException">The connection string cannot be read.</exception>
    internal static VaultDatabase Connect(DataDirectory directory, string? connection) =>
        connection == null ? new SqliteDatabase(directory.DatabasePath) : new PostgresDatabase(connection);

    /// <summary>What was stored for other keys would be lost among what is stored for new ones. That init was cut off before does not matter.</summary>
    private static void RequireUnused(VaultDatabase database)
    {
        if (database.Read(transaction => transaction.Number("SELECT COUNT(*) FROM audit WHERE event <> @event", ("event", Initialize))) == 0) return;
        throw new VaultException(VaultFault.InUse, "The database is that of another Migration Authority. Name an empty one, or restore the keys that belong to it.");
    }

    /// <summary>Notes what the operator did.</summary>
    internal static void Note(VaultDatabase database, AuditEvent what) => database.Write(transaction =>
    {
        AuditLog.Append(transaction, DateTime.UtcNow, what);
        return true;
    });
}
