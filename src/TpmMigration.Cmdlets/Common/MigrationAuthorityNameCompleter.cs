using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Approvals;

namespace TpmMigration.Cmdlets;

/// <summary>Completes names of registered signers.</summary>
public sealed class MigrationAuthorityNameCompleter : NameCompleter
{
    private protected override IEnumerable<string> Names(Func<string, string?> bound) =>
        TrustRegister.Open(bound("TrustRegister")).Entries.Select(entry => entry.Name);

    private protected override CompletionResult Completion(string name) => new(
        name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.') ? name : $"'{name.Replace("'", "''")}'", name, CompletionResultType.ParameterValue, name);
}
