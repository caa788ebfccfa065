using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// The data of the keys of a store: passwords, certificates, files. Contents are encrypted under a data key that only this TPM opens; what
/// there is, is told without a TPM. Dispose clears the data key.
/// </summary>
public sealed class KeyDataVault : IDisposable
{
    private readonly KeyLoader _loader;
    private StoreDataKey? _dataKey;

    /// <param name="loader">TPM and store; still the caller's.</param>
    public KeyDataVault(KeyLoader loader) => _loader = loader;

    public void Dispose() => _dataKey?.Dispose();

    /// <summary>What data a key has. No TPM is needed.</summary>
    /// <exception cref="KeyDataException"><see cref="KeyDataFault.Damaged"/>.</exception>
    public static IReadOnlyList<KeyDataInfo> List(KeyStore store, StoredKey key) =>
        store.ReadData(key, _ => false)?.Items.Select(item => item.Info).ToList() ?? [];

    /// <summary>Stores data with a key.</summary>
    /// <param name="key">A key of the store.</param>
    /// <param name="data">The data, as <see cref="KeyDataContent"/> puts it in form; still the caller's.</param>
    /// <param name="replace">Whether data of the same name is replaced.</param>
    /// <exception cref="KeyDataException">There is data of that name, it is too much, or the data key cannot be had.</exception>
    /// <exception cref="KeyStoreException">The store cannot be written.</exception>
    public void Put(StoredKey key, KeyData data, bool replace)
    {
        byte[] tpmName = key.PublicArea().Name;
        RequireFree(List(_loader.Store, key));
        StoreDataKey dataKey = _dataKey ??= StoreDataKey.Obtain(_loader);
        SealedKeyData sealedData = KeyDataCipher.Seal(dataKey.Secret, tpmName, data);
        _loader.Store.Commit(
            [KeyChange.EditData(key, file =>
            {
                RequireFree(file?.Items.Select(i => i.Info) ?? []);
                RequireSameDataKey(key, file, dataKey.TpmName);
                return new KeyDataFile(tpmName, dataKey.TpmName, [.. (file?.Items ?? []).Where(i => !IsNamed(i.Info, data.Info.Name)), sealedData]);
            })],
            _loader.Device.Cancellation);

        void RequireFree(IEnumerable<KeyDataInfo> present)
        {
            if (!replace && present.FirstOrDefault(i => IsNamed(i, data.Info.Name)) is { } other)
                throw new KeyDataException(KeyDataFault.Exists, $"The key '{key.Record.Name}' has data named '{other.Name}' already. Choose another name with -DataName, or replace it with -Force.");
        }
    }

    /// <summary>The data of a name, with its content.</summary>
    /// <exception cref="KeyDataException">There is none, it is damaged, or the data key cannot be had.</exception>
    public KeyData Get(StoredKey key, string name)
    {
        KeyDataFile? file = _loader.Store.ReadData(key, info => IsNamed(info, name));
        SealedKeyData item = file?.Items.FirstOrDefault(i => IsNamed(i.Info, name)) ?? throw NotFound(key, name);
        return Open(key, file!, item);
    }

    /// <summary>All data of a key, with contents.</summary>
    /// <exception cref="KeyDataException">It is damaged, or the data key cannot be had.</exception>
    public IEnumerable<KeyData> GetAll(StoredKey key)
    {
        if (_loader.Store.ReadData(key, _ => true) is not { } file) yield break;
        foreach (SealedKeyData item in file.Items) yield return Open(key, file, item);
    }

    /// <summary>Sees to it that data is whole and under this TPM's data key, without having anything opened.</summary>
    /// <exception cref="KeyDataException">It is damaged, or was stored with another TPM.</exception>
    internal static void Examine(KeyLoader loader, StoredKey key)
    {
        if (loader.Store.ReadData(key, _ => true) is { } file) RequireSameDataKey(key, file, StoreDataKey.FindName(loader) ?? throw NoDataKey(loader, key));
    }

    /// <summary>Removes data of a key. No TPM is needed.</summary>
    /// <exception cref="KeyDataException">There is none of such a name.</exception>
    public static void Remove(KeyStore store, StoredKey key, IReadOnlyCollection<string> names) => store.Commit(
        [KeyChange.EditData(key, file =>
        {
            if (names.FirstOrDefault(name => file?.Items.Any(i => IsNamed(i.Info, name)) != true) is { } missing) throw NotFound(key, missing);
            return file! with { Items = file.Items.Where(i => !names.Any(name => IsNamed(i.Info, name))).ToList() };
        })]);

    /// <summary>Removes all data of a key, damaged or not. No TPM is needed.</summary>
    public static void RemoveAll(KeyStore store, StoredKey key) => store.Commit([KeyChange.DeleteData(key)]);

    /// <summary>Encrypts data for a key that comes into the store, and clears it.</summary>
    internal KeyDataFile Seal(byte[] tpmName, IEnumerable<KeyData> data)
    {
        StoreDataKey dataKey = _dataKey ??= StoreDataKey.Obtain(_loader);
        return new KeyDataFile(tpmName, dataKey.TpmName, data.Select(SealOne).ToList());

        SealedKeyData SealOne(KeyData one)
        {
            using (one) return KeyDataCipher.Seal(dataKey.Secret, tpmName, one);
        }
    }

    private KeyData Open(StoredKey key, KeyDataFile file, SealedKeyData item)
    {
        StoreDataKey dataKey = _dataKey ??= StoreDataKey.Find(_loader) ?? throw NoDataKey(_loader, key);
        RequireSameDataKey(key, file, dataKey.TpmName);
        return KeyDataCipher.TryOpen(dataKey.Secret, file.KeyTpmName, item)
            ?? throw new KeyDataException(KeyDataFault.Damaged, $"The data '{item.Info.Name}' of the key '{key.Record.Name}' was altered: it does not agree with its seal. Restore {key.Record.Name}{StorePaths.DataExtension} from a backup, or remove the data with Remove-TpmKeyData.");
    }

    private static void RequireSameDataKey(StoredKey key, KeyDataFile? file, byte[] dataKeyName)
    {
        if (file != null && !SecretBytes.FixedTimeEquals(file.DataKeyTpmName, dataKeyName))
            throw new KeyDataException(KeyDataFault.NotReadable, $"The data of the key '{key.Record.Name}' is encrypted under another data key: it was stored with another TPM, or before the TPM was cleared. Remove it with Remove-TpmKeyData.");
    }

    private static KeyDataException NoDataKey(KeyLoader loader, StoredKey key) => new(
        KeyDataFault.NotReadable,
        $"The data of the key '{key.Record.Name}' was stored with another TPM, or the store's data key '{loader.Store.DataKeyPath(loader.StorageRoot.Handle.Name)}' is gone. Restore it from a backup, or remove the data with Remove-TpmKeyData.");

    private static bool IsNamed(KeyDataInfo info, string name) => KeyName.Comparer.Equals(info.Name, name);

    private static KeyDataException NotFound(StoredKey key, string name) => new(
        KeyDataFault.NotFound, $"The key '{key.Record.Name}' has no data named '{name}'. Get-TpmKeyData lists what it has.");
}
