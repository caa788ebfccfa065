using System.IO;
using TpmMigration.Packages;

namespace TpmMigration.Cmdlets;

/// <summary>Reads packages out of what users give.</summary>
internal static class PackageInput
{
    /// <exception cref="DocumentAccessException">The file is missing or cannot be read.</exception>
    internal static MigrationPackage Read(DocumentInput document, PackageLimits? limits = null)
    {
        using Stream stream = document.Open();
        return PackageReader.Read(stream, limits);
    }
}
