using System;
using System.Collections.Generic;
using System.Data;
using System.Linq;

namespace TpmMigration.Authority.Vault;

/// <summary>What is known of a client.</summary>
public sealed record ClientEntry
{
    /// <summary>TPM name of its endorsement key.</summary>
    public required byte[] Name { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime FirstSeen { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime LastSeen { get; init; }

    /// <summary>That were not deleted.</summary>
    public required long Packages { get; init; }

    /// <summary>Of them together.</summary>
    public required long Bytes { get; init; }

    /// <summary>UTC; null while it is not blocked.</summary>
    public DateTime? Blocked { get; init; }

    public required string BlockReason { get; init; }
}

/// <summary>The clients that were ever seen.</summary>
internal static class ClientVault
{
    private const string Columns = "name, first_seen, last_seen, packages, bytes, blocked, block_reason";

    /// <summary>A client; null if it was never seen.</summary>
    internal static ClientEntry? Find(VaultTransaction transaction, byte[] name) =>
        transaction.Query($"SELECT {Columns} FROM client WHERE name = @name", Entry, ("name", name)).SingleOrDefault();

    /// <summary>A page of them, ordered by name.</summary>
    /// <param name="transaction">Where.</param>
    /// <param name="after">Those behind this one; empty from the first.</param>
    /// <param name="onlyBlocked">Only those that are blocked.</param>
    /// <param name="most">How many.</param>
    internal static IReadOnlyList<ClientEntry> Page(VaultTransaction transaction, byte[] after, bool onlyBlocked, int most) => transaction.Query(
        $"SELECT {Columns} FROM client WHERE name > @after{(onlyBlocked ? " AND blocked IS NOT NULL" : string.Empty)} ORDER BY name LIMIT @most",
        Entry, ("after", after), ("most", most));

    internal static bool IsBlocked(VaultTransaction transaction, byte[] name) =>
        transaction.Number("SELECT COUNT(*) FROM client WHERE name = @name AND blocked IS NOT NULL", ("name", name)) != 0;

    /// <summary>Blocks a client, also one that was never seen: it is not let in from now on, and what was given out to it holds no longer.</summary>
    /// <returns>False if it was blocked already, which stays as it was.</returns>
    internal static bool Block(VaultTransaction transaction, byte[] name, string reason, DateTime utc) => transaction.Execute(
        """
        INSERT INTO client (name, first_seen, last_seen, packages, bytes, blocked, block_reason) VALUES (@name, @now, @now, 0, 0, @now, @reason)
        ON CONFLICT (name) DO UPDATE SET blocked = excluded.blocked, block_reason = excluded.block_reason WHERE client.blocked IS NULL
        """,
        ("name", name), ("now", VaultTransaction.Stored(utc)), ("reason", reason)) == 1;

    /// <returns>False if it was not blocked.</returns>
    internal static bool Unblock(VaultTransaction transaction, byte[] name) =>
        transaction.Execute("UPDATE client SET blocked = NULL, block_reason = '' WHERE name = @name AND blocked IS NOT NULL", ("name", name)) == 1;

    /// <summary>What all clients have together.</summary>
    internal static (long Packages, long Bytes, long Clients) Totals(VaultTransaction transaction) => transaction.Query(
        "SELECT COALESCE(SUM(packages), 0), COALESCE(SUM(bytes), 0), COUNT(*) FROM client",
        row => (Convert.ToInt64(row[0], null), Convert.ToInt64(row[1], null), Convert.ToInt64(row[2], null))).Single();

    private static ClientEntry Entry(IDataRecord row) => new()
    {
        Name = (byte[])row[0],
        FirstSeen = VaultTransaction.Time(row.GetInt64(1)),
        LastSeen = VaultTransaction.Time(row.GetInt64(2)),
        Packages = row.GetInt64(3),
        Bytes = row.GetInt64(4),
        Blocked = row.IsDBNull(5) ? null : VaultTransaction.Time(row.GetInt64(5)),
        BlockReason = row.GetString(6),
    };
}
