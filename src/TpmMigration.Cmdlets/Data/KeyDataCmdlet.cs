using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>What the commands for the data of keys share.</summary>
public abstract class KeyDataCmdlet : TpmCmdlet
{
    private KeyDataVault? _vault;

    /// <summary>Contents need the TPM; it is opened when the first is asked for.</summary>
    private protected KeyDataVault Vault => _vault ??= new KeyDataVault(Loader);

    private protected StoredKey Find(string name) => KeyStore.Find(name)?.Require()
        ?? throw new KeyException(KeyFault.NotFound, $"There is no key named '{name}' in the store. Get-TpmKey lists them.");

    /// <summary>The data that one of the names or patterns means.</summary>
    /// <exception cref="KeyDataException">A name means none.</exception>
    private protected static IReadOnlyList<KeyDataInfo> Select(StoredKey key, IReadOnlyList<KeyDataInfo> present, string[] names)
    {
        List<KeyDataInfo> chosen = [];
        foreach (string name in names)
        {
            WildcardPattern pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
            KeyDataInfo[] matching = present.Where(info => pattern.IsMatch(info.Name)).ToArray();
            if (matching.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                throw new KeyDataException(KeyDataFault.NotFound, $"The key '{key.Record.Name}' has no data named '{name}'. Get-TpmKeyData lists what it has.");
            chosen.AddRange(matching.Except(chosen));
        }
        return chosen;
    }

    protected override void EndProcessing()
    {
        _vault?.Dispose();
        base.EndProcessing();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _vault?.Dispose();
        base.Dispose(disposing);
    }
}
