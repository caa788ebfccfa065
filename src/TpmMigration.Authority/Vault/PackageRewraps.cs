using System;
using System.Collections.Generic;

namespace TpmMigration.Authority.Vault;

/// <summary>The packages by the storage key that they are wrapped to, which changes when they are wrapped anew.</summary>
internal static class PackageRewraps
{
    /// <summary>A page of the packages under a storage key, ordered by client and id.</summary>
    internal static IReadOnlyList<PackagePosition> Page(VaultTransaction transaction, byte[] storageKey, PackagePosition? after, int most) => transaction.Query(
        $"""
        SELECT client, id FROM package WHERE storage_key = @key AND deleted IS NULL{(after == null ? string.Empty : " AND (client, id) > (@client, @id)")}
        ORDER BY client, id LIMIT @most
        """,
        row => new PackagePosition((byte[])row[0], Guid.ParseExact(row.GetString(1), "D")),
        [("key", storageKey), ("most", most), .. after == null ? [] : new (string, object?)[] { ("client", after.Client), ("id", after.Id.ToString("D")) }]);

    /// <summary>How many packages are wrapped to a storage key.</summary>
    internal static long Count(VaultTransaction transaction, byte[] storageKey) =>
        transaction.Number("SELECT COUNT(*) FROM package WHERE storage_key = @key AND deleted IS NULL", ("key", storageKey));

    /// <summary>Puts a package in the place of itself, wrapped to another storage key.</summary>
    /// <param name="transaction">Where.</param>
    /// <param name="package">With the new storage key.</param>
    /// <param name="before">The storage key that it was wrapped to.</param>
    /// <param name="content">Its bytes and their seal.</param>
    /// <returns>False if it was deleted or wrapped anew meanwhile; then nothing is changed.</returns>
    internal static bool Replace(VaultTransaction transaction, PackageEntry package, byte[] before, StoredContent content)
    {
        (string, object?)[] key = [("client", package.Client), ("id", package.Id.ToString("D"))];
        if (transaction.Execute("UPDATE package SET storage_key = @new WHERE client = @client AND id = @id AND storage_key = @before AND deleted IS NULL", [("new", package.StorageKey), ("before", before), .. key]) == 0)
            return false;
        transaction.Later("UPDATE package_content SET content = @content, seal = @seal WHERE client = @client AND id = @id", [("content", content.Content), ("seal", content.Seal), .. key]);
        return true;
    }
}
