using TpmMigration.Documents;

namespace TpmMigration.Packages;

/// <summary>How much a reader of packages takes in.</summary>
public sealed record PackageLimits
{
    public static PackageLimits Default { get; } = new();

    public DocumentLimits Document { get; init; } = new();

    public int MostKeys { get; init; } = 100_000;

    /// <summary>Passwords and pieces of application data of one key.</summary>
    public int MostDataPerKey { get; init; } = 256;
}
