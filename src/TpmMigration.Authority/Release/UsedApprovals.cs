using System;
using TpmMigration.Approvals;
using TpmMigration.Authority.Clients;
using TpmMigration.Authority.Vault;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Release;

/// <summary>The approvals that hold once and were used. A client whose answer was lost may ask for the same again with the same token.</summary>
internal static class UsedApprovals
{
    /// <summary>Uses an approval for a package.</summary>
    /// <returns>False if it was used before, for something else or by an earlier authentication.</returns>
    internal static bool Use(VaultTransaction transaction, SelectionApproval approval, PackageEntry package, byte[] destination, ClientToken caller, DateTime utc)
    {
        // Documents are not compared: one text has many forms under one signature.
        string id = $"{Hex.Format(approval.Authority.TpmName)}:{approval.Id:D}";
        int added = transaction.Execute(
            """
            INSERT INTO used_approval (id, client, package, destination, session, used) VALUES (@id, @client, @package, @destination, @session, @used)
            ON CONFLICT (id) DO NOTHING
            """,
            ("id", id), ("client", package.Client), ("package", package.Id.ToString("D")), ("destination", destination), ("session", caller.Session),
            ("used", VaultTransaction.Stored(utc)));
        return added == 1 || transaction.Number(
            "SELECT COUNT(*) FROM used_approval WHERE id = @id AND client = @client AND package = @package AND destination = @destination AND session = @session",
            ("id", id), ("client", package.Client), ("package", package.Id.ToString("D")), ("destination", destination), ("session", caller.Session)) == 1;
    }
}
