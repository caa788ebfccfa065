using System.Xml.Linq;

namespace TpmMigration.Packages;

/// <summary>Namespace and version of the package format; schemas/MigrationPackage.xsd is its normative text.</summary>
public static class PackageSchema
{
    public const string FormatVersion = "1";

    /// <summary>The largest nonce and tag around a piece of data: 12 and 16 bytes.</summary>
    public const int SealedDataOverhead = 12 + 16;

    internal static readonly XNamespace Ns = "urn:tpm-migration:package:1";
}
