using System;
using System.Collections.Generic;
using System.Linq;

namespace TpmMigration.Cmdlets;

/// <summary>Completes addresses of Migration Authorities: that of the session and that of the environment.</summary>
public sealed class MaUriCompleter : NameCompleter
{
    private protected override IEnumerable<string> Names(Func<string, string?> bound) =>
        new[] { MaSession.Current.Address?.Uri.ToString(), Environment.GetEnvironmentVariable(MaServiceInput.Variable) }.OfType<string>().Where(uri => uri.Length != 0).Distinct();
}
