using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Completes names of keys in the store.</summary>
public sealed class KeyNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string word = (wordToComplete ?? string.Empty).Trim('\'', '"');
        try
        {
            return KeyStore.Open(fakeBoundParameters?["Store"] as string).Enumerate()
                .Select(entry => entry.Name)
                .Where(name => name.StartsWith(word, StringComparison.OrdinalIgnoreCase))
                .Select(name => new CompletionResult(name.Contains(' ') ? $"'{name}'" : name))
                .ToList();
        }
        catch (KeyStoreException)
        {
            return []; // A store that cannot be read has nothing to offer; the command itself will say why.
        }
    }
}
