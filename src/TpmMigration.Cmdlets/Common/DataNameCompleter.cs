using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Completes names of the data of the key that is named.</summary>
public sealed class DataNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string word = (wordToComplete ?? string.Empty).Trim('\'', '"');
        try
        {
            KeyStore store = KeyStore.Open(fakeBoundParameters?["Store"] as string);
            if (fakeBoundParameters?["Name"]?.ToString() is not { } name || store.Find(name) is not { IsDamaged: false } entry) return [];
            return KeyDataVault.List(store, entry.Key)
                .Where(info => info.Name.StartsWith(word, StringComparison.OrdinalIgnoreCase))
                .Select(info => new CompletionResult(info.Name.Contains(' ') ? $"'{info.Name}'" : info.Name))
                .ToList();
        }
        catch (Exception e) when (e is KeyStoreException or KeyDataException)
        {
            return []; // What cannot be read has nothing to offer; the command itself will say why.
        }
    }
}
