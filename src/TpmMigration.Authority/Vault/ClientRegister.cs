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
        transaction.Execute(
            """
            INSERT INTO client (name, first_seen, last_seen, packages, bytes, block_reason) VALUES (@client, @now, @now, 0, 0, '')
            ON CONFLICT (name) DO UPDATE SET last_seen = @now
            """,
            ("client", client), ("now", now));
        transaction.Execute(
            "INSERT INTO attestation_key (name, client, proven) VALUES (@name, @client, @now) ON CONFLICT (name) DO UPDATE SET client = @client, proven = @now",
            ("name", attestationKey), ("client", client), ("now", now));
    }

    /// <summary>Whose attestation key it is; null if it never proved itself here.</summary>
    internal static byte[]? Of(VaultTransaction transaction, byte[] attestationKey) => transaction
        .Query("SELECT client FROM attestation_key WHERE name = @name", row => (byte[])row[0], ("name", attestationKey)).SingleOrDefault();

    /// <summary>How much a client has laid in.</summary>
    internal static (long Packages, long Bytes) Totals(VaultTransaction transaction, byte[] client) => transaction
        .Query("SELECT packages, bytes FROM client WHERE name = @client", row => (row.GetInt64(0), row.GetInt64(1)), ("client", client)).SingleOrDefault();

    /// <summary>Adds to it.</summary>
    internal static void Count(VaultTransaction transaction, byte[] client, long packages, long bytes) => transaction.Execute(
        "UPDATE client SET packages = packages + @packages, bytes = bytes + @bytes WHERE name = @client", ("packages", packages), ("bytes", bytes), ("client", client));
}
