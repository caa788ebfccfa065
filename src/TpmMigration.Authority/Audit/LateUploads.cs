using System;
using TpmMigration.Authority.Vault;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Audit;

/// <summary>Packages that were laid in for a storage key which was not the newest any more: their records say so.</summary>
internal static class LateUploads
{
    /// <summary>What the detail of such a record has.</summary>
    internal static string Detail(byte[] storageKey) => $"for the older storage key {Hex.Format(storageKey)}";

    /// <summary>When the last came, UTC; null if none did.</summary>
    internal static DateTime? Last(VaultTransaction transaction, byte[] storageKey)
    {
        long time = transaction.Number(
            "SELECT COALESCE(MAX(time), -1) FROM audit WHERE event = 'Upload' AND outcome = 'Success' AND detail LIKE @detail", ("detail", "%" + Detail(storageKey) + "%"));
        return time < 0 ? null : VaultTransaction.Time(time);
    }
}
