using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Approvals;

namespace TpmMigration.Cmdlets;

/// <summary>Lists the signers that this machine trusts, and for what.</summary>
[Cmdlet(VerbsCommon.Get, "MigrationAuthority")]
[OutputType(typeof(MigrationAuthority))]
public sealed class GetMigrationAuthorityCommand : TrustRegisterCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MigrationAuthorityNameCompleter))]
    public string[]? Name { get; set; }

    [Parameter]
    public TrustRole[]? Role { get; set; }

    protected override void ProcessRecord() => Guard(Name is [{ } only] ? only : Name, () =>
    {
        TrustRegister register = OpenRegister();
        foreach (string? pattern in Name ?? (string?[])[null])
        {
            List<TrustEntry> found = register.Entries.Where(e => pattern == null || WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(e.Name)).ToList();
            if (found.Count == 0 && pattern != null && !WildcardPattern.ContainsWildcardCharacters(pattern)) Guard(pattern, () => throw register.NotFound(pattern));
            foreach (TrustEntry entry in found.Where(e => Role == null || Role.Any(r => (e.Roles & r) != 0)))
                WriteObject(MigrationAuthority.From(entry));
        }
    });
}
