using System.IO;
using System.Management.Automation;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Signatures;

namespace TpmMigration.Cmdlets;

/// <summary>Reads packages out of what users give.</summary>
internal static class PackageInput
{
    /// <exception cref="DocumentAccessException">The file is missing or cannot be read.</exception>
    internal static MigrationPackage Read(DocumentInput document, PackageLimits limits)
    {
        using Stream stream = document.Open();
        return PackageReader.Read(stream, limits);
    }

    /// <summary>The limits that users raise or lower with -MaximumSize and -MaximumKeyCount.</summary>
    internal static PackageLimits Limits(long? bytes, int? keys)
    {
        PackageLimits limits = PackageLimits.Default;
        if (bytes is { } most) limits = limits with { Document = limits.Document with { MostBytes = most } };
        return keys is { } count ? limits with { MostKeys = count } : limits;
    }

    /// <summary>This machine's own signer, for a command that works without a key store too: null where there is none, or none that may be read.</summary>
    internal static SignerIdentity? OwnSigner(PSCmdlet cmdlet, string? store)
    {
        try
        {
            return PlatformSigningKey.Find(KeyStore.Open(store == null ? null : cmdlet.GetUnresolvedProviderPathFromPSPath(store)));
        }
        catch (KeyStoreException e) when (e.Fault == KeyStoreFault.AccessDenied)
        {
            return null;
        }
    }
}
