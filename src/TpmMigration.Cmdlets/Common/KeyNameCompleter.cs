using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Completes names of keys in the store.</summary>
public sealed class KeyNameCompleter : NameCompleter
{
    private protected override IEnumerable<string> Names(Func<string, string?> bound) =>
        KeyStore.Open(bound("Store")).Enumerate().Select(entry => entry.Name);
}
