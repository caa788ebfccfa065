using System;
using System.Linq;

namespace TpmMigration.Authority.Vault;

/// <summary>The TPMs that have proved themselves here, by the TPM names of their endorsement keys, and their attestation keys.</summary>
internal static class ClientRegister
{
    /// <summary>Notes that a TPM has proved itself.</summary>
    internal static void Proved(VaultTransaction transaction, byte[] client, byte[] attestationKey, DateTime utc)
    {
        long now = VaultTransaction.Stored(utc);
        transaction.Later(
            """
            INSERT INTO client (name, first_seen, last_seen, packages, bytes, block_reason) VALUES (@client, @now, @now, 0, 0, '')
            ON CONFLICT (name) DO UPDATE SET last_seen = @now
            """,
            ("client", client), ("now", now));
        transaction.Later(
            "INSERT INTO attestation_key (name, client, proven) VALUES (@name, @client, @now) ON CONFLICT (name) DO UPDATE SET client = @client, proven = @now",
            ("name", attestationKey), ("client", client), ("now", now));
    }

    /// <summary>Whose attestation key it is; null if it never proved itself here.</summary>
    internal static byte[]? Of(VaultTransaction transaction, byte[] attestationKey) => transaction
        .Query("SELECT client FROM attestation_key WHERE name = @name", row => (byte[])row[0], ("name", attestationKey)).SingleOrDefault();

    /// <summary>Adds to what a client has laid in.</summary>
    /// <returns>How much that is then.</returns>
    internal static (long Packages, long Bytes) Count(VaultTransaction transaction, byte[] client, long packages, long bytes) => transaction.Query(
        "UPDATE client SET packages = packages + @packages, bytes = bytes + @bytes WHERE name = @client RETURNING packages, bytes",
        row => (row.GetInt64(0), row.GetInt64(1)), ("packages", packages), ("bytes", bytes), ("client", client)).SingleOrDefault();
}
