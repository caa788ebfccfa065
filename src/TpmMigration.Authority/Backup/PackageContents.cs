using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;

namespace TpmMigration.Authority.Backup;

/// <summary>What is stored of packages, held against their seals and the keys.</summary>
internal static class PackageContents
{
    /// <summary>Looks at each package, one after the other.</summary>
    internal static ContentVerdict Verify(VaultTransaction transaction, AuthorityKeys keys)
    {
        var seal = new PackageSeal(keys.StateSecret);
        long packages = 0;
        string? problem = null;
        PackageVault.Each(transaction, (entry, content) =>
        {
            packages++;
            if (content == null) problem ??= $"The content of package {entry.Id:D} is missing.";
            else if (keys.Find(entry.StorageKey) == null) problem ??= $"Package {entry.Id:D} is wrapped to a key that is not among those of the Migration Authority.";
            else if (!seal.Holds(entry, content)) problem ??= $"Package {entry.Id:D} is not what was laid in.";
        });
        if (problem == null && transaction.Number("SELECT COUNT(*) FROM package_content") != packages) problem = "There is content of packages that are not there.";
        return new ContentVerdict(packages, problem);
    }
}

/// <summary>Whether the packages are whole.</summary>
/// <param name="Packages">How many were looked at.</param>
/// <param name="Problem">Null if they are.</param>
internal sealed record ContentVerdict(long Packages, string? Problem);
