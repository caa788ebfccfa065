using System;
using System.Collections.Generic;
using System.Data;
using System.Linq;
using TpmMigration.Authority.Vault;

namespace TpmMigration.Authority.Trust;

/// <summary>Who may administrate over the network. It is empty at first: nobody may.</summary>
internal static class AdministratorList
{
    private const string Columns = "fingerprint, role, label, certificate, added, added_by, reason";

    internal static IReadOnlyList<Administrator> All(VaultTransaction transaction) =>
        transaction.Query($"SELECT {Columns} FROM administrator ORDER BY role, label, fingerprint", Entry);

    internal static Administrator? Find(VaultTransaction transaction, byte[] fingerprint) =>
        transaction.Query($"SELECT {Columns} FROM administrator WHERE fingerprint = @fingerprint", Entry, ("fingerprint", fingerprint)).SingleOrDefault();

    /// <returns>False if there is one of this certificate already.</returns>
    internal static bool Add(VaultTransaction transaction, Administrator entry) => transaction.Execute(
        """
        INSERT INTO administrator (fingerprint, role, label, certificate, added, added_by, reason)
        VALUES (@fingerprint, @role, @label, @certificate, @added, @by, @reason) ON CONFLICT (fingerprint) DO NOTHING
        """,
        ("fingerprint", entry.Fingerprint), ("role", entry.Role.ToString()), ("label", entry.Label), ("certificate", entry.Certificate),
        ("added", VaultTransaction.Stored(entry.Added)), ("by", entry.AddedBy), ("reason", entry.Reason)) == 1;

    /// <returns>False if there is none.</returns>
    internal static bool Remove(VaultTransaction transaction, byte[] fingerprint) =>
        transaction.Execute("DELETE FROM administrator WHERE fingerprint = @fingerprint", ("fingerprint", fingerprint)) == 1;

    private static Administrator Entry(IDataRecord row) => new(
        (byte[])row[0], Enum.Parse<AdministratorRole>(row.GetString(1)), row.GetString(2), (byte[])row[3], VaultTransaction.Time(row.GetInt64(4)), row.GetString(5), row.GetString(6));
}
