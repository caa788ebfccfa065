using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;
using TpmMigration.Approvals;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Completes names of what a file of this module lists.</summary>
public abstract class NameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string word = (wordToComplete ?? string.Empty).Trim('\'', '"');
        try
        {
            return Names(parameter => fakeBoundParameters?[parameter]?.ToString())
                .Where(name => name.StartsWith(word, StringComparison.OrdinalIgnoreCase))
                .Select(Completion)
                .ToList();
        }
        catch (Exception e) when (e is KeyStoreException or KeyDataException or TrustRegisterException)
        {
            return []; // What cannot be read has nothing to offer; the command itself will say why.
        }
    }

    /// <param name="bound">The text of a parameter that was given; null for others.</param>
    private protected abstract IEnumerable<string> Names(Func<string, string?> bound);

    private protected virtual CompletionResult Completion(string name) => new(name.Contains(' ') ? $"'{name}'" : name);
}
