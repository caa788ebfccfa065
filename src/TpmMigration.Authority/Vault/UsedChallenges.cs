using System;

namespace TpmMigration.Authority.Vault;

/// <summary>The challenges that were answered, for as long as they could be answered again. All instances of the service share them.</summary>
internal static class UsedChallenges
{
    /// <summary>Notes that a challenge is answered now.</summary>
    /// <returns>Whether it is for the first time.</returns>
    internal static bool Use(VaultDatabase database, byte[] id, DateTime expires, DateTime now) => database.Write(transaction =>
    {
        transaction.Later("DELETE FROM used_challenge WHERE expires < @now", ("now", VaultTransaction.Stored(now) - 1));
        return transaction.Execute(
            "INSERT INTO used_challenge (id, expires) VALUES (@id, @expires) ON CONFLICT (id) DO NOTHING",
            ("id", id), ("expires", VaultTransaction.Stored(expires))) == 1;
    });
}
