using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Completes names of the data of the key that is named.</summary>
public sealed class DataNameCompleter : NameCompleter
{
    private protected override IEnumerable<string> Names(Func<string, string?> bound)
    {
        KeyStore store = KeyStore.Open(bound("Store"));
        return bound("Name") is { } name && store.Find(name) is { IsDamaged: false } entry
            ? KeyDataVault.List(store, entry.Key).Select(info => info.Name)
            : [];
    }
}
