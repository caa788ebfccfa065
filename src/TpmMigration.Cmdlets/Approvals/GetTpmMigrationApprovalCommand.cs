using System.Management.Automation;
using TpmMigration.Approvals;

namespace TpmMigration.Cmdlets;

/// <summary>Reads approvals and denials.</summary>
[Cmdlet(VerbsCommon.Get, "TpmMigrationApproval")]
[OutputType(typeof(TpmMigrationApproval))]
public sealed class GetTpmMigrationApprovalCommand : TpmMigrationCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Path")]
    [ValidateNotNullOrEmpty]
    public object[] Approval { get; set; } = [];

    protected override void ProcessRecord()
    {
        foreach (object each in Approval)
        {
            Guard(each, () =>
            {
                foreach (DocumentInput document in DocumentInput.FromMany(this, [each]))
                    Guard(document.Path ?? each, () => WriteObject(TpmMigrationApproval.From(ApprovalDocument.Read(document.Text()), verdict: null, document.Path ?? string.Empty)));
            });
        }
    }
}
