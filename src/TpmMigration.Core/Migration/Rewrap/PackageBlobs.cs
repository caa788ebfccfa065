using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;

namespace TpmMigration.Migration;

/// <summary>Changes what a package is wrapped to, whoever does the wrapping.</summary>
public static class PackageBlobs
{
    /// <summary>Wraps anew all that is wrapped to the package's new parent: its migrating keys and its data key.</summary>
    /// <param name="package">The package; its signature is gone with that.</param>
    /// <param name="rewrap">Takes what it is (for errors), its TPM name, and it.</param>
    /// <param name="progress">Called before each key with its number from 0 and its name.</param>
    public static MigrationPackage Rewrap(MigrationPackage package, Func<string, byte[], WrappedKey, WrappedKey> rewrap, Action<int, string>? progress = null)
    {
        PackageDataKey? dataKey = package.DataKey;
        if (dataKey != null)
        {
            WrappedKey wrapped = rewrap("the data key of the package", dataKey.PublicArea.Name, new WrappedKey(dataKey.Duplicate, dataKey.EncryptedSeed));
            dataKey = dataKey with { Duplicate = wrapped.Duplicate, EncryptedSeed = wrapped.EncryptedSeed };
        }
        List<PackageKey> keys = new(package.Keys.Count);
        foreach (PackageKey key in package.Keys)
        {
            progress?.Invoke(keys.Count, key.Name);
            if (key.Blob is not MigrationBlob blob)
            {
                keys.Add(key);
                continue;
            }
            WrappedKey wrapped = rewrap($"the key '{key.Name}'", key.PublicArea.Name, new WrappedKey(blob.Duplicate, blob.EncryptedSeed));
            keys.Add(key with { Blob = blob with { Duplicate = wrapped.Duplicate, EncryptedSeed = wrapped.EncryptedSeed } });
        }
        return package with { DataKey = dataKey, Keys = keys, Signature = null };
    }

    /// <summary>Notes in a package that it goes to another destination.</summary>
    /// <param name="package">The package.</param>
    /// <param name="destination">Where it goes.</param>
    /// <param name="utc">When; whole seconds.</param>
    /// <param name="approvals">Under which; empty where it goes back to where it came from.</param>
    /// <param name="isReturn">Whether it does.</param>
    public static MigrationPackage Redirect(
        MigrationPackage package, PackageDestination destination, DateTime utc, IEnumerable<SelectionApproval> approvals, bool isReturn = false) => package with
    {
        Destination = destination,
        Rewraps = [.. package.Rewraps, new PackageRewrap(utc, package.Destination.HostName, package.Destination.Parent.Name, isReturn)],
        Approvals = [.. package.Approvals, .. approvals.Select(ApprovalDocument.ToBytes)],
        Signature = null,
    };
}
