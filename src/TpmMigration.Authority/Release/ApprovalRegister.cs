using System;
using System.Collections.Generic;
using System.Data;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Authority.Vault;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Release;

/// <summary>
/// Approvals and denials of authorities that the operator has registered, so that the machines need not bring them. They are as much worth as those in a
/// message: their signatures count, and nothing else.
/// </summary>
internal static class ApprovalRegister
{
    /// <returns>False if it is there already.</returns>
    internal static bool Add(VaultTransaction transaction, SelectionApproval approval, string addedBy, DateTime utc)
    {
        byte[] content = ApprovalDocument.ToBytes(approval);
        return transaction.Execute(
            "INSERT INTO approval (digest, destination, content, added, added_by) VALUES (@digest, @destination, @content, @added, @by) ON CONFLICT (digest) DO NOTHING",
            ("digest", DigestOf(approval)), ("destination", approval.DestinationName), ("content", content), ("added", VaultTransaction.Stored(utc)), ("by", addedBy)) == 1;
    }

    /// <summary>The documents for a destination.</summary>
    internal static IReadOnlyList<byte[]> For(VaultTransaction transaction, byte[] destination) => transaction.Query(
        "SELECT content FROM approval WHERE destination = @destination", row => (byte[])row[0], ("destination", destination));

    /// <summary>By what it is known: SHA-256 of the document, 32 bytes.</summary>
    internal static byte[] DigestOf(SelectionApproval approval) => TpmHash.Digest(TpmAlgId.Sha256, ApprovalDocument.ToBytes(approval));

    /// <summary>All of them, ordered by digest.</summary>
    internal static IReadOnlyList<RegisteredApproval> All(VaultTransaction transaction) =>
        transaction.Query("SELECT digest, content, added, added_by FROM approval ORDER BY digest", Entry);

    /// <summary>One by its digest; null if it is not there.</summary>
    internal static RegisteredApproval? Find(VaultTransaction transaction, byte[] digest) =>
        transaction.Query("SELECT digest, content, added, added_by FROM approval WHERE digest = @digest", Entry, ("digest", digest)).SingleOrDefault();

    internal static void Remove(VaultTransaction transaction, byte[] digest) => transaction.Later("DELETE FROM approval WHERE digest = @digest", ("digest", digest));

    private static RegisteredApproval Entry(IDataRecord row) => new(
        (byte[])row[0], (SelectionApproval)ApprovalDocument.Read((byte[])row[1]), VaultTransaction.Time(row.GetInt64(2)), row.GetString(3));
}

/// <summary>A document that is registered.</summary>
/// <param name="Digest">SHA-256, 32 bytes.</param>
/// <param name="Approval">What it says.</param>
/// <param name="Added">UTC.</param>
/// <param name="AddedBy">Who registered it.</param>
internal sealed record RegisteredApproval(byte[] Digest, SelectionApproval Approval, DateTime Added, string AddedBy);
