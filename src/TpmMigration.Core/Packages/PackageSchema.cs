using System.Xml.Linq;

namespace TpmMigration.Packages;

/// <summary>Namespace, version and limits of the package format.</summary>
public static class PackageSchema
{
    public const string FormatVersion = "1";

    /// <summary>The largest package that is read: 256 Mi characters, ample for 10,000 keys.</summary>
    public const long MostCharacters = 256L * 1024 * 1024;

    public const int MostKeys = 100_000;

    internal static readonly XNamespace Ns = "urn:tpm-migration:package:1";
}
