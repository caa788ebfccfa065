using System.Collections.Generic;
using System.Linq;
using TpmMigration.Packages;

namespace TpmMigration.Migration;

/// <summary>What a verification found.</summary>
/// <param name="Package">The package; null if it could not be read.</param>
/// <param name="Findings">One for each check, for keys one for each key, in the order of the checks.</param>
public sealed record PackageReport(MigrationPackage? Package, IReadOnlyList<PackageFinding> Findings)
{
    /// <summary>Whether no check failed. What was not checked does not count.</summary>
    public bool IsSound => Findings.All(finding => finding.Verdict != CheckVerdict.Failed);
}
