using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security;
using TpmMigration.Authorities;

namespace TpmMigration.Cmdlets;

/// <summary>Asks a Migration Authority which packages it holds for this machine: its own, or those of others that approvals let go to it.</summary>
[Cmdlet(VerbsCommon.Find, "MaPackage")]
[OutputType(typeof(MaPackage))]
public sealed class FindMaPackageCommand : MaClientCmdlet
{
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public object? Client { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    public Guid? PackageId { get; set; }

    [Parameter]
    public SwitchParameter Approved { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public object[] Approval { get; set; } = [];

    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string? Parent { get; set; }

    [Parameter]
    public SecureString? ParentPassword { get; set; }

    private protected override SecureString? ParentPasswordValue => ParentPassword;

    private protected override string? ParentName => Parent ?? base.ParentName;

    protected override void ProcessRecord() => Guard(PackageId ?? Client, () =>
    {
        byte[]? client = Client == null ? null : MaServiceInput.Client(this, Client);
        IReadOnlyList<byte[]> approvals = MaApprovalInput.Read(this, Approval);
        Show("Looking for packages", Service.Address.ToString());
        string? after = null;
        do
        {
            MaPackagePage page = Ask(token => Service.Query(token, new MaPackageQuery
            {
                Client = client,
                PackageId = PackageId,
                // What came from another machine is there for this one only by an approval.
                IsApproved = Approved || approvals.Count != 0 || (client != null && !client.SequenceEqual(token.Client)),
                Approvals = approvals,
            }, after));
            foreach (MaPackageEntry entry in page.Entries) WriteObject(MaPackage.From(entry, Service.Address));
            after = page.Next;
        }
        while (after != null);
    });
}
