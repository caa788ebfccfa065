using System;
using System.Linq;
using TpmMigration.Migration;
using TpmMigration.Packages;

namespace TpmMigration.Cmdlets;

/// <summary>What the verification of a package found, as plain data.</summary>
public sealed class TpmMigrationPackageTest
{
    /// <summary>Whether no check failed. What was not checked does not count.</summary>
    public bool IsSound { get; set; }

    /// <summary>The package's id; null if it could not be read.</summary>
    public Guid? Id { get; set; }

    public string SourceHost { get; set; } = string.Empty;

    public string DestinationHost { get; set; } = string.Empty;

    public int KeyCount { get; set; }

    /// <summary>The file it is in, or empty.</summary>
    public string Path { get; set; } = string.Empty;

    /// <summary>In the order in which they are made; one for each key where keys were rehearsed.</summary>
    public TpmMigrationPackageCheck[] Checks { get; set; } = [];

    internal static TpmMigrationPackageTest From(PackageReport report, string path)
    {
        MigrationPackage? package = report.Package;
        return new TpmMigrationPackageTest
        {
            IsSound = report.IsSound,
            Id = package?.Id,
            SourceHost = package?.Source.HostName ?? string.Empty,
            DestinationHost = package?.Destination.HostName ?? string.Empty,
            KeyCount = package?.Keys.Count ?? 0,
            Path = path,
            Checks = report.Findings.Select(TpmMigrationPackageCheck.From).ToArray(),
        };
    }
}

/// <summary>The end of one check.</summary>
public sealed class TpmMigrationPackageCheck
{
    public PackageCheck Check { get; set; }

    public CheckVerdict Verdict { get; set; }

    /// <summary>The key it concerns; empty for the package as a whole.</summary>
    public string Key { get; set; } = string.Empty;

    public string Reason { get; set; } = string.Empty;

    /// <summary>The id of the error with which an import would end; empty unless it failed.</summary>
    public string ErrorId { get; set; } = string.Empty;

    internal static TpmMigrationPackageCheck From(PackageFinding finding) => new()
    {
        Check = finding.Check,
        Verdict = finding.Verdict,
        Key = finding.KeyName ?? string.Empty,
        Reason = finding.Reason,
        ErrorId = finding.Cause == null ? string.Empty : ErrorMap.Find(finding.Cause)?.Id ?? string.Empty,
    };

    /// <summary>As remote sessions hand it on, which keep of what is inside an object no more than this.</summary>
    public override string ToString() => $"{Verdict} {Check}{(Key.Length == 0 ? string.Empty : " " + Key)}: {Reason}";
}
