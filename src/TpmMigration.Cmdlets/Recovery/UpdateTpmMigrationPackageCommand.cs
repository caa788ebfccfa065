using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Packages;
using TpmMigration.Recovery;

namespace TpmMigration.Cmdlets;

/// <summary>Writes a package anew with further recovery agents, as one of those it has, who signs it.</summary>
[Cmdlet(VerbsData.Update, "TpmMigrationPackage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(TpmMigrationPackage))]
public sealed class UpdateTpmMigrationPackageCommand : RecoveryAgentCmdlet
{
    private IReadOnlyList<RecoveryAgent>? _further;

    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public object[] AddRecoveryAgent { get; set; } = [];

    private protected override void Process(MigrationPackage package)
    {
        _further ??= RecoveryInput.Agents(this, AddRecoveryAgent);
        AgentKey agent = AgentKey;
        agent.RequireCanAdd(package, _further);
        var output = new PackageOutput(KeyExportFormat.Package, Path == null ? string.Empty : GetUnresolvedProviderPathFromPSPath(Path), Force);
        output.RequireFree();
        if (!ShouldProcess($"Package {package.Id:D} from '{package.Source.HostName}'", $"Add the recovery agents {string.Join(", ", _further.Select(f => $"'{f.Subject}'"))} and sign anew")) return;
        MigrationPackage written = output.Write(agent.AddAgents(package, _further), Signer);
        WriteObject(TpmMigrationPackage.From(written, output.Document, output.Path, trust: null));
    }
}
