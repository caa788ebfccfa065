using System;
using System.IO;
using System.Management.Automation;
using System.Security;
using TpmMigration.Approvals;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Approves, as the TPM Owner, that keys go to a destination.</summary>
[Cmdlet(VerbsLifecycle.Approve, "TpmMigration", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(TpmMigrationApproval))]
public sealed class ApproveTpmMigrationCommand : TpmCmdlet
{
    private DestinationInput? _input;
    private OwnerApprover? _approver;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string[] Name { get; set; } = [];

    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNull]
    public object? Destination { get; set; }

    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string Reason { get; set; } = string.Empty;

    [Parameter]
    public TimeSpan ValidFor { get; set; } = TimeSpan.FromHours(1);

    [Parameter]
    public SwitchParameter InnerWrap { get; set; }

    [Parameter]
    public SecureString? OwnerPassword { get; set; }

    [Parameter]
    public string[]? TrustedRoot { get; set; }

    [Parameter]
    public string? Path { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    protected override void BeginProcessing()
    {
        try
        {
            if (string.IsNullOrWhiteSpace(Reason)) throw new ArgumentException("Give the reason for the approval with -Reason.");
            if (ValidFor < TimeSpan.FromSeconds(1) || ValidFor.TotalSeconds > int.MaxValue)
                throw new ArgumentException("An approval is valid for at least one second and at most 68 years.");
            _input = DestinationInput.Read(this, Destination!, TrustedRoot, "approved");
        }
        catch (Exception e) when (ErrorMap.Find(e) is { } known)
        {
            ThrowTerminatingError(known.ToRecord(e, Destination));
        }
    }

    protected override void ProcessRecord()
    {
        foreach (string name in Name) Guard(name, () => Approve(name));
    }

    protected override void EndProcessing()
    {
        Guard(Tpm, () => _approver?.Dispose());
        base.EndProcessing();
    }

    private void Approve(string name)
    {
        StoredKey key = KeyStore.Find(name)?.Require()
            ?? throw new KeyException(KeyFault.NotFound, $"There is no key named '{name}' in the store. Get-TpmKey lists them.");
        MigrationRules.RequireOwnerCanApprove(name, KeyClassification.Of(key.PublicArea(), key.Record.PolicyBranches));
        string path = Path == null ? string.Empty : System.IO.Path.Combine(GetUnresolvedProviderPathFromPSPath(Path), key.Record.Name + ".approval.xml");
        if (path.Length != 0) DocumentOutput.RequireFree(path, Force);
        if (!ShouldProcess(name, $"Approve migration to '{_input!.Destination.HostName}'")) return;

        _approver ??= new OwnerApprover(Loader, Passwords);
        OwnerApproval approval = _approver.Approve(key, _input!.Destination, Reason, ValidFor, InnerWrap);
        string document = ApprovalDocument.Write(approval);
        if (path.Length != 0)
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            DocumentOutput.Write(path, document, Force);
        }
        WriteObject(TpmMigrationApproval.From(approval, _input.Verdict, document, path));
    }
}
