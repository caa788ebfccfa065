namespace TpmMigration.Packages;

/// <summary>What a later version of the format, or another implementation, adds to a package or key.</summary>
/// <param name="Type">A URI that names its meaning.</param>
/// <param name="Critical">Whether a reader that does not know the type must refuse the package.</param>
/// <param name="Content">Kept and signed as it is.</param>
public sealed record PackageExtension(string Type, bool Critical, byte[] Content);
