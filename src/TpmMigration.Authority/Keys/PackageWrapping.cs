using System;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Packages;

namespace TpmMigration.Authority.Keys;

/// <summary>What of a package is wrapped to its parent: the migrating keys, and the data key. Children are wrapped to keys of the package itself.</summary>
internal static class PackageWrapping
{
    /// <summary>Looks at each with its TPM name.</summary>
    internal static void EachWrapped(this MigrationPackage package, Action<byte[], WrappedKey> look)
    {
        foreach (PackageKey key in package.Keys)
        {
            if (key.Blob is MigrationBlob blob) look(key.PublicArea.Name, new WrappedKey(blob.Duplicate, blob.EncryptedSeed));
        }
        if (package.DataKey is { } data) look(data.PublicArea.Name, new WrappedKey(data.Duplicate, data.EncryptedSeed));
    }

    /// <summary>The package with each of them wrapped in another way.</summary>
    internal static MigrationPackage WithWrapped(this MigrationPackage package, Func<byte[], WrappedKey, WrappedKey> wrap) => package with
    {
        Keys = [.. package.Keys.Select(key => key.Blob is MigrationBlob blob ? key with { Blob = With(blob, wrap(key.PublicArea.Name, new WrappedKey(blob.Duplicate, blob.EncryptedSeed))) } : key)],
        DataKey = package.DataKey is { } data ? With(data, wrap(data.PublicArea.Name, new WrappedKey(data.Duplicate, data.EncryptedSeed))) : null,
    };

    private static MigrationBlob With(MigrationBlob blob, WrappedKey wrapped) => blob with { Duplicate = wrapped.Duplicate, EncryptedSeed = wrapped.EncryptedSeed };

    private static PackageDataKey With(PackageDataKey key, WrappedKey wrapped) => key with { Duplicate = wrapped.Duplicate, EncryptedSeed = wrapped.EncryptedSeed };
}
