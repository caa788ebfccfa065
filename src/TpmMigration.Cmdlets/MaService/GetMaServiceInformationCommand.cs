using System.Management.Automation;

namespace TpmMigration.Cmdlets;

/// <summary>Asks a Migration Authority what it is and does.</summary>
[Cmdlet(VerbsCommon.Get, "MaServiceInformation")]
[OutputType(typeof(MaServiceInformation))]
public sealed class GetMaServiceInformationCommand : MaServiceCmdlet
{
    protected override void ProcessRecord() => Guard(Uri, () => WriteObject(MaServiceInformation.From(Service.GetServiceInformation(), Service.Address)));
}
