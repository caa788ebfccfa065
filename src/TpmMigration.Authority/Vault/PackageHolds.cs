using System;

namespace TpmMigration.Authority.Vault;

/// <summary>Packages that the operator holds back: they stay, and are released to nobody.</summary>
internal static class PackageHolds
{
    /// <returns>False if it is held already, or was deleted.</returns>
    internal static bool Hold(VaultTransaction transaction, PackageEntry package, string reason, DateTime utc) => transaction.Execute(
        "UPDATE package SET held = @now, hold_reason = @reason WHERE client = @client AND id = @id AND held IS NULL AND deleted IS NULL",
        ("now", VaultTransaction.Stored(utc)), ("reason", reason), ("client", package.Client), ("id", package.Id.ToString("D"))) == 1;

    /// <returns>False if it is not held.</returns>
    internal static bool End(VaultTransaction transaction, PackageEntry package) => transaction.Execute(
        "UPDATE package SET held = NULL, hold_reason = '' WHERE client = @client AND id = @id AND held IS NOT NULL",
        ("client", package.Client), ("id", package.Id.ToString("D"))) == 1;
}
