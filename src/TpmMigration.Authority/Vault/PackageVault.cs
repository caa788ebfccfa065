using System;
using System.Collections.Generic;
using System.Data;
using System.Linq;

namespace TpmMigration.Authority.Vault;

/// <summary>The packages of all clients.</summary>
internal static class PackageVault
{
    private const string Columns =
        "p.client, p.id, p.digest, p.size, p.keys, p.purpose, p.source_host, p.created, p.received, p.returnable, p.storage_key, p.held, p.hold_reason, p.deleted";

    /// <summary>A package of a client, also one that was deleted; null if it never had one of this id.</summary>
    internal static PackageEntry? Find(VaultTransaction transaction, byte[] client, Guid id) => transaction
        .Query($"SELECT {Columns} FROM package p WHERE p.client = @client AND p.id = @id", Entry, ("client", client), ("id", Text(id))).SingleOrDefault();

    /// <summary>The bytes of a package that was not deleted.</summary>
    internal static StoredContent? Content(VaultTransaction transaction, byte[] client, Guid id) => transaction
        .Query("SELECT content, seal FROM package_content WHERE client = @client AND id = @id", row => new StoredContent((byte[])row[0], (byte[])row[1]), ("client", client), ("id", Text(id))).SingleOrDefault();

    /// <summary>Adds a package of which the client has none of this id.</summary>
    /// <param name="transaction">Where.</param>
    /// <param name="entry">The package.</param>
    /// <param name="content">Its bytes and their seal.</param>
    /// <param name="names">TPM names by which it can be found: of its migrating keys, and of the authorities who can approve something of it.</param>
    /// <returns>How many packages the client has then, and their bytes.</returns>
    internal static (long Packages, long Bytes) Add(VaultTransaction transaction, PackageEntry entry, StoredContent content, IEnumerable<byte[]> names)
    {
        transaction.Later(
            """
            INSERT INTO package (client, id, digest, size, keys, purpose, source_host, created, received, returnable, storage_key, hold_reason)
            VALUES (@client, @id, @digest, @size, @keys, @purpose, @host, @created, @received, @returnable, @parent, '')
            """,
            ("client", entry.Client), ("id", Text(entry.Id)), ("digest", entry.Digest), ("size", entry.Size), ("keys", entry.Keys), ("purpose", entry.Purpose),
            ("host", entry.SourceHost), ("created", VaultTransaction.Stored(entry.Created)), ("received", VaultTransaction.Stored(entry.Received)),
            ("returnable", entry.IsReturnable ? 1 : 0), ("parent", entry.StorageKey));
        transaction.Later(
            "INSERT INTO package_content (client, id, content, seal) VALUES (@client, @id, @content, @seal)",
            ("client", entry.Client), ("id", Text(entry.Id)), ("content", content.Content), ("seal", content.Seal));
        foreach (byte[] name in names)
        {
            transaction.Later(
                "INSERT INTO package_name (name, client, id) VALUES (@name, @client, @id) ON CONFLICT (name, client, id) DO NOTHING",
                ("name", name), ("client", entry.Client), ("id", Text(entry.Id)));
        }
        return ClientRegister.Count(transaction, entry.Client, 1, entry.Size);
    }

    /// <summary>A page of the packages that were not deleted, ordered by client and id.</summary>
    /// <param name="transaction">Where.</param>
    /// <param name="client">Whose; null for all.</param>
    /// <param name="only">One id; null for all.</param>
    /// <param name="after">Behind which; null from the first.</param>
    /// <param name="most">How many.</param>
    internal static IReadOnlyList<PackageEntry> Page(VaultTransaction transaction, byte[]? client, Guid? only, PackagePosition? after, int most)
    {
        List<string> conditions = ["p.deleted IS NULL"];
        List<(string, object?)> parameters = [("most", most)];
        if (client != null)
        {
            conditions.Add("p.client = @client");
            parameters.Add(("client", client));
        }
        if (only is { } id)
        {
            conditions.Add("p.id = @only");
            parameters.Add(("only", Text(id)));
        }
        if (after != null)
        {
            conditions.Add("(p.client, p.id) > (@afterClient, @afterId)");
            parameters.AddRange([("afterClient", after.Client), ("afterId", Text(after.Id))]);
        }
        return transaction.Query($"SELECT {Columns} FROM package p WHERE {string.Join(" AND ", conditions)} ORDER BY p.client, p.id LIMIT @most", Entry, [.. parameters]);
    }

    /// <summary>The packages that were not deleted and are known by two names: that of a key in them and that of an authority, or one of these twice.</summary>
    internal static IReadOnlyList<PackageEntry> ByNames(VaultTransaction transaction, byte[] name, byte[] other, int most) => transaction.Query(
        $"""
        SELECT {Columns} FROM package_name n JOIN package_name o ON o.name = @other AND o.client = n.client AND o.id = n.id
        JOIN package p ON p.client = n.client AND p.id = n.id
        WHERE n.name = @name AND p.deleted IS NULL ORDER BY n.client, n.id LIMIT @most
        """,
        Entry, ("name", name), ("other", other), ("most", most));

    /// <summary>Whether a package is known by two such names.</summary>
    internal static bool IsKnownBy(VaultTransaction transaction, PackageEntry entry, byte[] name, byte[] other) => new[] { name, other }.All(each => transaction.Number(
        "SELECT COUNT(*) FROM package_name WHERE name = @name AND client = @client AND id = @id", ("name", each), ("client", entry.Client), ("id", Text(entry.Id))) == 1);

    /// <summary>Removes the content; that it was there stays known.</summary>
    internal static void Delete(VaultTransaction transaction, PackageEntry entry, DateTime utc)
    {
        (string, object?)[] key = [("client", entry.Client), ("id", Text(entry.Id))];
        transaction.Later("DELETE FROM package_content WHERE client = @client AND id = @id", key);
        transaction.Later("DELETE FROM package_name WHERE client = @client AND id = @id", key);
        transaction.Later("UPDATE package SET deleted = @deleted WHERE client = @client AND id = @id", [("deleted", VaultTransaction.Stored(utc)), .. key]);
        ClientRegister.Count(transaction, entry.Client, -1, -entry.Size);
    }

    /// <summary>Looks at each package that was not deleted, with its content, or null where that is missing.</summary>
    internal static void Each(VaultTransaction transaction, Action<PackageEntry, StoredContent?> look)
    {
        const int Content = 14;
        transaction.Each(
            $"SELECT {Columns}, c.content, c.seal FROM package p LEFT JOIN package_content c ON c.client = p.client AND c.id = p.id WHERE p.deleted IS NULL",
            row => look(Entry(row), row.IsDBNull(Content) ? null : new StoredContent((byte[])row[Content], (byte[])row[Content + 1])));
    }

    /// <summary>How many packages there are, and of how many clients.</summary>
    internal static (long Packages, long Clients) Count(VaultTransaction transaction) => (
        transaction.Number("SELECT COALESCE(SUM(packages), 0) FROM client"),
        transaction.Number("SELECT COUNT(*) FROM client WHERE packages > 0"));

    private static string Text(Guid id) => id.ToString("D");

    private static PackageEntry Entry(IDataRecord row) => new()
    {
        Client = (byte[])row[0],
        Id = Guid.ParseExact(row.GetString(1), "D"),
        Digest = (byte[])row[2],
        Size = row.GetInt64(3),
        Keys = row.GetInt32(4),
        Purpose = row.GetString(5),
        SourceHost = row.GetString(6),
        Created = VaultTransaction.Time(row.GetInt64(7)),
        Received = VaultTransaction.Time(row.GetInt64(8)),
        IsReturnable = row.GetInt32(9) != 0,
        StorageKey = (byte[])row[10],
        Held = row.IsDBNull(11) ? null : VaultTransaction.Time(row.GetInt64(11)),
        HoldReason = row.GetString(12),
        Deleted = row.IsDBNull(13) ? null : VaultTransaction.Time(row.GetInt64(13)),
    };
}
