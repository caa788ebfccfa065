using System;
using System.Collections.Generic;
using System.Data;
using TpmMigration.Authority.Vault;

namespace TpmMigration.Authority.Trust;

/// <summary>Which endorsement keys are let in. It is empty at first: nobody is.</summary>
internal static class TrustList
{
    internal static IReadOnlyList<TrustedEndorsement> All(VaultTransaction transaction) => transaction.Query(
        "SELECT fingerprint, kind, label, content, added, added_by, reason FROM trusted ORDER BY kind, label, fingerprint", Entry);

    internal static IReadOnlyList<byte[]> Roots(VaultTransaction transaction) => transaction.Query(
        "SELECT content FROM trusted WHERE kind = @kind", row => (byte[])row[0], ("kind", nameof(TrustedKind.Root)));

    /// <summary>Whether an endorsement key is named itself.</summary>
    internal static bool Names(VaultTransaction transaction, byte[] endorsementName) => transaction.Number(
        "SELECT COUNT(*) FROM trusted WHERE kind = @kind AND fingerprint = @name", ("kind", nameof(TrustedKind.EndorsementKey)), ("name", endorsementName)) != 0;

    /// <summary>TPM names of the authorities whose approvals count; empty where all do that keys and packages name.</summary>
    internal static IReadOnlyList<byte[]> SelectionAuthorities(VaultTransaction transaction) => transaction.Query(
        "SELECT fingerprint FROM trusted WHERE kind = @kind", row => (byte[])row[0], ("kind", nameof(TrustedKind.SelectionAuthority)));

    /// <returns>False if it is there already.</returns>
    internal static bool Add(VaultTransaction transaction, TrustedEndorsement entry) => transaction.Execute(
        """
        INSERT INTO trusted (fingerprint, kind, label, content, added, added_by, reason)
        VALUES (@fingerprint, @kind, @label, @content, @added, @by, @reason) ON CONFLICT (fingerprint) DO NOTHING
        """,
        ("fingerprint", entry.Fingerprint), ("kind", entry.Kind.ToString()), ("label", entry.Label), ("content", entry.Content),
        ("added", VaultTransaction.Stored(entry.Added)), ("by", entry.AddedBy), ("reason", entry.Reason)) == 1;

    /// <returns>False if it is not there.</returns>
    internal static bool Remove(VaultTransaction transaction, byte[] fingerprint) =>
        transaction.Execute("DELETE FROM trusted WHERE fingerprint = @fingerprint", ("fingerprint", fingerprint)) == 1;

    private static TrustedEndorsement Entry(IDataRecord row) => new(
        Enum.Parse<TrustedKind>(row.GetString(1)), (byte[])row[0], row.GetString(2), (byte[])row[3], VaultTransaction.Time(row.GetInt64(4)), row.GetString(5), row.GetString(6));
}
