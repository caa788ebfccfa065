using System;
using System.Security.Cryptography;

namespace TpmMigration.Authority.Vault;

/// <summary>What is stored of packages, held against what is known of them.</summary>
internal static class PackageContents
{
    /// <summary>Holds the content of each package against its digest and size, one after the other.</summary>
    internal static ContentVerdict Verify(VaultTransaction transaction)
    {
        const string Statement =
            """
            SELECT package.id, package.digest, package.size, package_content.content FROM package
            LEFT JOIN package_content ON package_content.client = package.client AND package_content.id = package.id WHERE package.deleted IS NULL
            """;
        long packages = 0;
        string? problem = null;
        transaction.Each(Statement, row =>
        {
            packages++;
            if (row.IsDBNull(3)) problem ??= $"The content of package {row.GetString(0)} is missing.";
            else if (row[3] is not byte[] content || content.Length != row.GetInt64(2) || !SHA256.HashData(content).AsSpan().SequenceEqual((byte[])row[1]))
                problem ??= $"The content of package {row.GetString(0)} is not what was laid in.";
        });
        if (problem == null && transaction.Number("SELECT COUNT(*) FROM package_content") != packages) problem = "There is content of packages that are not there.";
        return new ContentVerdict(packages, problem);
    }
}

/// <summary>Whether the packages are whole.</summary>
/// <param name="Packages">How many were looked at.</param>
/// <param name="Problem">Null if they are.</param>
internal sealed record ContentVerdict(long Packages, string? Problem);
