using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Takes the data of a package in: opened with the package's data key, which the TPM imports, and sealed again under the store's. Nothing
/// is written; that is for the commit of the keys. Dispose clears the keys.
/// </summary>
internal sealed class DataUnpacker : IDisposable
{
    private readonly KeyDataVault _vault;
    private readonly byte[] _secret;

    private DataUnpacker(KeyLoader loader, byte[] secret)
    {
        _vault = new KeyDataVault(loader);
        _secret = secret;
    }

    /// <summary>Says whether the data of a package could be taken in, as far as that is told without a TPM.</summary>
    /// <exception cref="PackageIntegrityException">There is data and no data key.</exception>
    /// <exception cref="KeyException">The new parent takes only what has an inner wrap, which data has not.</exception>
    internal static void Examine(MigrationPackage package)
    {
        if (package.Keys.All(key => key.Data.Count == 0)) return;
        _ = DataKeyOf(package);
        DataKeyObject.RequireTakesData(package.Destination.Parent, package.InnerWrap != null);
    }

    /// <summary>Null for a package without data.</summary>
    /// <param name="loader">TPM and store.</param>
    /// <param name="package">The package.</param>
    /// <param name="parent">The name of its new parent in the store, null for the storage root key.</param>
    /// <param name="recovery">Opens the inner wrap; null where there is none.</param>
    /// <exception cref="PackageIntegrityException">The TPM does not accept the data key.</exception>
    internal static DataUnpacker? For(KeyLoader loader, MigrationPackage package, string? parent, RecoveryKey? recovery)
    {
        if (package.Keys.All(key => key.Data.Count == 0)) return null;
        return new DataUnpacker(loader, DataKeyObject.Open(loader, loader.LoadParent(parent), DataKeyOf(package), recovery));
    }

    /// <summary>The data of a key as the store keeps it; null if it has none.</summary>
    /// <exception cref="PackageIntegrityException">It does not agree with its seal.</exception>
    /// <exception cref="KeyDataException">It is more than a key can have.</exception>
    internal KeyDataFile? Unpack(PackageKey key)
    {
        if (key.Data.Count == 0) return null;
        byte[] tpmName = key.PublicArea.Name;
        var names = new HashSet<string>(KeyName.Comparer);
        return _vault.Seal(tpmName, key.Data.Select(item => Open(key, tpmName, item, names)));
    }

    public void Dispose()
    {
        _vault.Dispose();
        SecretBytes.Clear(_secret);
    }

    private static PackageDataKey DataKeyOf(MigrationPackage package) => package.DataKey
        ?? throw new PackageIntegrityException(PackageIntegrityFault.DataMismatch, "Keys of the package have data, and the package has no data key: it was altered. Get it anew from its source.");

    private KeyData Open(PackageKey key, byte[] tpmName, SealedData item, HashSet<string> names)
    {
        byte[] content = KeyDataCipher.TryOpenContent(_secret, tpmName, new SealedKeyData(new KeyDataInfo(item.Type, item.Name, item.MediaType, item.Length), item.Content))
            ?? throw new PackageIntegrityException(PackageIntegrityFault.Altered, $"The data '{item.Name}' of the key '{key.Name}' does not agree with its seal: the package was altered. Get it anew from its source.");
        return new KeyData(item.Type, FreeName(item.Name, names), item.MediaType, content);
    }

    /// <summary>Other programs may name data as the store cannot; it is kept under the nearest name that is free.</summary>
    private static string FreeName(string name, HashSet<string> taken)
    {
        string allowed = KeyName.IsValid(name) ? name : new string(name.Take(100).Select(c => KeyName.IsValid(c.ToString()) ? c : '_').ToArray());
        if (!KeyName.IsValid(allowed)) allowed = "data";
        string free = allowed;
        for (int number = 2; !taken.Add(free); number++) free = string.Format(CultureInfo.InvariantCulture, "{0} ({1})", allowed.Length > 100 ? allowed.Substring(0, 100).TrimEnd('.', ' ') : allowed, number);
        return free;
    }
}
