using System;
using System.Collections.Generic;
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
            ("digest", TpmHash.Digest(TpmAlgId.Sha256, content)), ("destination", approval.DestinationName), ("content", content), ("added", VaultTransaction.Stored(utc)), ("by", addedBy)) == 1;
    }

    /// <summary>The documents for a destination.</summary>
    internal static IReadOnlyList<byte[]> For(VaultTransaction transaction, byte[] destination) => transaction.Query(
        "SELECT content FROM approval WHERE destination = @destination", row => (byte[])row[0], ("destination", destination));
}
