using System;
using System.Linq;
using System.Management.Automation;

namespace TpmMigration.Cmdlets;

/// <summary>Has a Migration Authority remove packages of this machine. Their ids, and that they were there, stay known to it.</summary>
[Cmdlet(VerbsCommon.Remove, "MaPackage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveMaPackageCommand : MaClientCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    public Guid[] PackageId { get; set; } = [];

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public object? Client { get; set; }

    protected override void ProcessRecord()
    {
        foreach (Guid id in PackageId) Guard(id, () => Remove(id));
    }

    private void Remove(Guid id)
    {
        byte[]? client = Client == null ? null : MaServiceInput.Client(this, Client);
        if (!ShouldProcess($"Package {id:D}", $"Remove from '{Service.Address}'")) return;
        Show("Removing packages", $"package {id:D}");
        Ask(token => client == null || client.SequenceEqual(token.Client)
            ? Service.Delete(token, id)
            : throw new ArgumentException($"The package {id:D} came from another machine, and only that machine has it removed."));
    }
}
