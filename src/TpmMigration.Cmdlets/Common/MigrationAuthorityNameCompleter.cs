using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;
using TpmMigration.Approvals;

namespace TpmMigration.Cmdlets;

/// <summary>Completes names of registered signers.</summary>
public sealed class MigrationAuthorityNameCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string word = (wordToComplete ?? string.Empty).Trim('\'', '"');
        try
        {
            return TrustRegister.Open(fakeBoundParameters?["TrustRegister"] as string).Entries
                .Select(entry => entry.Name)
                .Where(name => name.StartsWith(word, StringComparison.OrdinalIgnoreCase))
                .Select(name => new CompletionResult(name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.') ? name : $"'{name.Replace("'", "''")}'", name, CompletionResultType.ParameterValue, name))
                .ToList();
        }
        catch (TrustRegisterException)
        {
            return []; // A register that cannot be read has nothing to offer; the command itself will say why.
        }
    }
}
