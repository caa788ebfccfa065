using System;
using System.Collections.Generic;
using System.Data;
using System.Linq;

namespace TpmMigration.Authority.Vault;

/// <summary>The packages of all clients. Each statement is about one client: nothing of another's can be found by it.</summary>
internal static class PackageVault
{
    private const string Columns = "id, digest, size, keys, purpose, source_host, created, received, deleted";

    /// <summary>A package of a client, also one that was deleted; null if it never had one of this id.</summary>
    internal static PackageEntry? Find(VaultTransaction transaction, byte[] client, Guid id) => transaction
        .Query($"SELECT {Columns} FROM package WHERE client = @client AND id = @id", Entry, ("client", client), ("id", Text(id))).SingleOrDefault();

    /// <summary>The bytes of a package that was not deleted.</summary>
    internal static byte[]? Content(VaultTransaction transaction, byte[] client, Guid id) => transaction
        .Query("SELECT content FROM package_content WHERE client = @client AND id = @id", row => (byte[])row[0], ("client", client), ("id", Text(id))).SingleOrDefault();

    /// <summary>Adds a package of which the client has none of this id.</summary>
    internal static void Add(VaultTransaction transaction, byte[] client, byte[] attestationKey, PackageEntry entry, byte[] content)
    {
        transaction.Execute(
            """
            INSERT INTO package (client, id, digest, size, keys, purpose, source_host, created, received, returnable, storage_key, hold_reason)
            VALUES (@client, @id, @digest, @size, @keys, @purpose, @host, @created, @received, 0, @ak, '')
            """,
            ("client", client), ("id", Text(entry.Id)), ("digest", entry.Digest), ("size", entry.Size), ("keys", entry.Keys), ("purpose", entry.Purpose),
            ("host", entry.SourceHost), ("created", VaultTransaction.Stored(entry.Created)), ("received", VaultTransaction.Stored(entry.Received)), ("ak", attestationKey));
        transaction.Execute(
            "INSERT INTO package_content (client, id, content, seal) VALUES (@client, @id, @content, @content)",
            ("client", client), ("id", Text(entry.Id)), ("content", content));
    }

    /// <summary>A page of the packages that were not deleted, ordered by their ids.</summary>
    internal static IReadOnlyList<PackageEntry> Page(VaultTransaction transaction, byte[] client, Guid? only, Guid? after, int most) => transaction.Query(
        $"SELECT {Columns} FROM package WHERE client = @client AND deleted IS NULL AND id > @after AND (@only = '' OR id = @only) ORDER BY id LIMIT @most",
        Entry, ("client", client), ("after", after is { } id ? Text(id) : string.Empty), ("only", only is { } one ? Text(one) : string.Empty), ("most", most));

    /// <summary>Removes the content; that it was there stays known.</summary>
    internal static void Delete(VaultTransaction transaction, byte[] client, Guid id, DateTime utc)
    {
        transaction.Execute("DELETE FROM package_content WHERE client = @client AND id = @id", ("client", client), ("id", Text(id)));
        transaction.Execute(
            "UPDATE package SET deleted = @deleted WHERE client = @client AND id = @id",
            ("deleted", VaultTransaction.Stored(utc)), ("client", client), ("id", Text(id)));
    }

    /// <summary>How many packages there are, and of how many clients.</summary>
    internal static (long Packages, long Clients) Count(VaultTransaction transaction) => (
        transaction.Number("SELECT COUNT(*) FROM package WHERE deleted IS NULL"),
        transaction.Number("SELECT COUNT(DISTINCT client) FROM package"));

    /// <summary>How many packages are wrapped to a storage key.</summary>
    internal static long CountUnder(VaultTransaction transaction, byte[] storageKey) =>
        transaction.Number("SELECT COUNT(*) FROM package WHERE storage_key = @key AND deleted IS NULL", ("key", storageKey));

    private static string Text(Guid id) => id.ToString("D");

    private static PackageEntry Entry(IDataRecord row) => new()
    {
        Id = Guid.ParseExact(row.GetString(0), "D"),
        Digest = (byte[])row[1],
        Size = row.GetInt64(2),
        Keys = row.GetInt32(3),
        Purpose = row.GetString(4),
        SourceHost = row.GetString(5),
        Created = VaultTransaction.Time(row.GetInt64(6)),
        Received = VaultTransaction.Time(row.GetInt64(7)),
        Deleted = row.IsDBNull(8) ? null : VaultTransaction.Time(row.GetInt64(8)),
    };
}
