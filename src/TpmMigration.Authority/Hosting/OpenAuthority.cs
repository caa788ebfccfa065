using System;
using System.Collections.Generic;
using TpmMigration.Approvals;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>A Migration Authority whose data directory is open: its keys and its database.</summary>
internal sealed class OpenAuthority : IDisposable
{
    private OpenAuthority(DataDirectory directory, AuthorityKeys keys, VaultDatabase database) => (Directory, Keys, Database) = (directory, keys, database);

    internal DataDirectory Directory { get; }

    internal AuthorityKeys Keys { get; }

    internal VaultDatabase Database { get; }

    /// <summary>Makes a Migration Authority. The keys are written last: without them there is none, and it can be made again.</summary>
    /// <exception cref="DataDirectoryException">One is there already.</exception>
    internal static OpenAuthority Create(DataDirectory directory, string name, IReadOnlyList<string> hosts, KeyAlgorithm algorithm)
    {
        directory.Create();
        byte[] secret = directory.ReadSecret();
        var keys = AuthorityKeys.Create(name, hosts, DateTime.UtcNow, algorithm);
        var database = new SqliteDatabase(directory.DatabasePath);
        try
        {
            database.Migrate();
            Note(database, new AuditEvent { Name = "Initialize", Origin = Account.Current, Subject = name, Detail = "Storage key " + Hex.Format(keys.StorageKey.Name) });
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
        var database = new SqliteDatabase(directory.DatabasePath);
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

    private static void Note(VaultDatabase database, AuditEvent what) => database.Write(transaction =>
    {
        AuditLog.Append(transaction, DateTime.UtcNow, what);
        return true;
    });
}
