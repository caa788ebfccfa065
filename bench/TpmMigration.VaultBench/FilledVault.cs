using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.Data.Sqlite;
using TpmMigration.Authority.Clients;
using TpmMigration.Authority.Keys;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.Tpm;

namespace TpmMigration.VaultBench;

/// <summary>A running service with any number of packages, which were put into its database by SQL, and tokens of some of its clients.</summary>
internal sealed class FilledVault : IDisposable
{
    internal const int PerClient = 100;

    private const int TokenCount = 100, ContentSize = 512;

    internal FilledVault(ClientMachine machine, int packages)
    {
        Authority = new AuthorityProcess();
        Authority.Init();
        int clients = packages / PerClient;
        TpmtPublic[] keys = [.. Enumerable.Range(0, TokenCount).Select(_ => Another(machine.EndorsementArea))];
        Known = [.. keys.Select(key => key.Name)];
        List<byte[]> all = [.. Known, .. Enumerable.Range(0, clients - TokenCount).Select(_ => (byte[])[0, 0x0B, .. SecretBytes.Random(32)])];
        all.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        byte[] secret = Authority.Directory.ReadSecret();
        using AuthorityKeys opened = AuthorityKeyFile.Read(Authority.Directory.KeysPath, secret);
        Fill(Authority.Directory.DatabasePath, all, opened.StorageKey.Name);
        using var seal = new SealedState(opened.StateSecret, ClientToken.Purpose);
        DateTime expires = DateTime.UtcNow.AddHours(2);
        Tokens = [.. keys.Select(key => seal.Seal(new ClientToken(key, machine.AttestationArea.Name, machine.AttestationArea, SecretBytes.Random(ClientToken.SessionSize), expires).Marshal()))];
        Authority.Serve("--client-rate", "0");
    }

    internal AuthorityProcess Authority { get; }

    /// <summary>Names of clients.</summary>
    internal IReadOnlyList<byte[]> Known { get; }

    /// <summary>Their tokens.</summary>
    internal IReadOnlyList<byte[]> Tokens { get; }

    /// <summary>Bytes of the database.</summary>
    internal long Size => new FileInfo(Authority.Directory.DatabasePath).Length;

    public void Dispose() => Authority.Dispose();

    private static void Fill(string path, IReadOnlyList<byte[]> clients, byte[] storageKey)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Do("PRAGMA cache_size = -400000");
        using SqliteTransaction transaction = connection.BeginTransaction();
        using SqliteCommand client = Prepare("INSERT INTO client (name, first_seen, last_seen, packages, bytes, block_reason) VALUES (@client, 0, 0, @count, @bytes, '')", "@client", "@count", "@bytes");
        using SqliteCommand package = Prepare(
            """
            INSERT INTO package (client, id, digest, size, keys, purpose, source_host, created, received, returnable, storage_key, hold_reason)
            VALUES (@client, @id, @digest, @size, 1, 'Migrate', @host, 1767225600, 1767225601, 1, @parent, '')
            """,
            "@client", "@id", "@digest", "@size", "@host", "@parent");
        using SqliteCommand content = Prepare("INSERT INTO package_content (client, id, content, seal) VALUES (@client, @id, @content, @seal)", "@client", "@id", "@content", "@seal");
        using SqliteCommand name = Prepare("INSERT INTO package_name (name, client, id) VALUES (@name, @client, @id)", "@name", "@client", "@id");
        byte[] bytes = SecretBytes.Random(ContentSize), digest = SecretBytes.Random(32), key = [0, 0x0B, .. new byte[32]];
        for (int i = 0; i < clients.Count; i++)
        {
            Set(client, clients[i], PerClient, PerClient * ContentSize);
            foreach (string id in Enumerable.Range(0, PerClient).Select(_ => Guid.NewGuid().ToString("D")).Order(StringComparer.Ordinal))
            {
                Set(package, clients[i], id, digest, ContentSize, $"host{i}.example", storageKey);
                Set(content, clients[i], id, bytes, digest);
                BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(2), BinaryPrimitives.ReadInt64BigEndian(key.AsSpan(2)) + 1);
                Set(name, key, clients[i], id);
            }
        }
        transaction.Commit();
        Do("PRAGMA wal_checkpoint(TRUNCATE)");

        void Do(string sql)
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }

        SqliteCommand Prepare(string sql, params string[] parameters)
        {
            SqliteCommand command = connection.CreateCommand();
            command.CommandText = sql;
            command.Transaction = transaction;
            foreach (string parameter in parameters) command.Parameters.Add(new SqliteParameter { ParameterName = parameter });
            return command;
        }

        static void Set(SqliteCommand command, params object[] values)
        {
            for (int i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
            command.ExecuteNonQuery();
        }
    }

    private static TpmtPublic Another(TpmtPublic key) => new()
    {
        NameAlg = key.NameAlg,
        ObjectAttributes = key.ObjectAttributes,
        AuthPolicy = key.AuthPolicy,
        Parameters = key.Parameters,
        Unique = SecretBytes.Random(key.Unique.Length),
        Point = key.Point,
    };
}
