using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Documents;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Takes data of keys along into a package: opened with the store's data key and sealed again under a fresh one, which travels wrapped to
/// the new parent like a key. The TPM of the new parent alone can open it. Dispose clears the keys.
/// </summary>
internal sealed class DataPacker : IDisposable
{
    private readonly KeyLoader _loader;
    private readonly KeyDataVault _vault;
    private readonly byte[] _secret = SecretBytes.Random(KeyDataCipher.KeySize);
    private readonly TpmtPublic _newParent;
    private readonly RecoveryKey? _recovery;
    private long _total, _examined;
    private PackageDataKey? _key;

    /// <param name="loader">TPM and store.</param>
    /// <param name="newParent">The new parent.</param>
    /// <param name="recovery">Makes the inner wrap; null for none. Still the caller's.</param>
    internal DataPacker(KeyLoader loader, TpmtPublic newParent, RecoveryKey? recovery)
    {
        _loader = loader;
        _recovery = recovery;
        _newParent = newParent;
        _vault = new KeyDataVault(loader);
    }

    /// <summary>Half of what a reader takes in, and base64 takes four bytes for three: keys and approvals have room beside it.</summary>
    private static long MostBytes { get; } = new DocumentLimits().MostBytes / 2;

    /// <summary>All data of a key, as it travels.</summary>
    /// <exception cref="KeyDataException">It is damaged, cannot be opened, or is more than a package holds.</exception>
    /// <exception cref="KeyException">The new parent takes no data key.</exception>
    internal IReadOnlyList<SealedData> Pack(StoredKey key)
    {
        IReadOnlyList<KeyDataInfo> infos = KeyDataVault.List(_loader.Store, key);
        if (infos.Count == 0) return [];
        _key ??= DataKeyObject.Wrap(_newParent, _secret, _recovery);
        Count(key, infos, ref _total);
        byte[] tpmName = key.PublicArea().Name;
        List<SealedData> packed = [];
        foreach (KeyData data in _vault.GetAll(key))
        {
            using (data)
            {
                packed.Add(new SealedData(data.Info.Type, data.Info.Name, data.Info.MediaType, data.Info.Length, KeyDataCipher.Seal(_secret, tpmName, data).Content));
            }
        }
        return packed;
    }

    /// <summary>Says whether the data of a key could travel, without having any opened.</summary>
    /// <exception cref="KeyDataException">It is damaged, was stored with another TPM, or is more than a package holds.</exception>
    /// <exception cref="KeyException">The new parent takes no data key.</exception>
    internal void Examine(StoredKey key)
    {
        IReadOnlyList<KeyDataInfo> infos = KeyDataVault.List(_loader.Store, key);
        if (infos.Count == 0) return;
        DataKeyObject.RequireTakesData(_newParent, _recovery != null);
        Count(key, infos, ref _examined);
        KeyDataVault.Examine(_loader, key);
    }

    private static void Count(StoredKey key, IReadOnlyList<KeyDataInfo> infos, ref long total)
    {
        total += infos.Sum(info => (long)info.Length);
        if (total > MostBytes)
            throw new KeyDataException(KeyDataFault.TooLarge, $"With the data of the key '{key.Record.Name}' the package would hold more than {MostBytes / (1024 * 1024)} MiB of data. Export the keys in several packages.");
    }

    /// <summary>The package's data key, wrapped in software to the new parent; null as long as no key had data.</summary>
    internal PackageDataKey? Key => _key;

    public void Dispose()
    {
        _vault.Dispose();
        SecretBytes.Clear(_secret);
    }
}
