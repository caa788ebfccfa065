using System.Management.Automation;
using TpmMigration.Approvals;

namespace TpmMigration.Cmdlets;

/// <summary>Takes signers out of the trust register.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "MigrationAuthority", SupportsShouldProcess = true)]
public sealed class UnregisterMigrationAuthorityCommand : TrustRegisterCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MigrationAuthorityNameCompleter))]
    public string[] Name { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (string name in Name) Guard(name, () => Remove(name));
    }

    private void Remove(string name)
    {
        TrustRegister register = OpenRegister();
        TrustEntry entry = register.Find(name) ?? throw register.NotFound(name);
        if (ShouldProcess(entry.Name, $"Trust '{entry.Signer.Description}' no longer as {entry.Roles}")) register.Remove(entry.Name, Cancellation);
    }
}
