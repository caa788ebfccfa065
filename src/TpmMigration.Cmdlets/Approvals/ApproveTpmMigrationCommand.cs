using System;
using System.Management.Automation;
using System.Security;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Signatures;

namespace TpmMigration.Cmdlets;

/// <summary>Approves, as the TPM Owner or as a Migration Selection Authority, that keys go to a destination.</summary>
[Cmdlet(VerbsLifecycle.Approve, "TpmMigration", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = OwnerSet)]
[OutputType(typeof(TpmMigrationApproval))]
public sealed class ApproveTpmMigrationCommand : TpmCmdlet
{
    private const string OwnerSet = "Owner";
    private const string AuthoritySet = "Authority";
    private const string AllKeysSet = "AllKeys";

    private DestinationInput? _input;
    private DecisionOutput? _output;
    private OwnerApprover? _approver;
    private IDocumentSigner? _signer;
    private DateTime _begin;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = OwnerSet)]
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = AuthoritySet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string[] Name { get; set; } = [];

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = AuthoritySet)]
    [ValidateNotNullOrEmpty]
    public string TpmName { get; set; } = string.Empty;

    [Parameter(Mandatory = true, ParameterSetName = AllKeysSet)]
    public SwitchParameter AllKeys { get; set; }

    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNull]
    public object? Destination { get; set; }

    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string Reason { get; set; } = string.Empty;

    [Parameter(Mandatory = true, ParameterSetName = AuthoritySet)]
    [Parameter(Mandatory = true, ParameterSetName = AllKeysSet)]
    [ValidateNotNull]
    public object? Certificate { get; set; }

    [Parameter(ParameterSetName = AuthoritySet)]
    [Parameter(ParameterSetName = AllKeysSet)]
    public SecureString? CertificatePassword { get; set; }

    [Parameter(ParameterSetName = AuthoritySet)]
    [Parameter(ParameterSetName = AllKeysSet)]
    public DateTime? NotBefore { get; set; }

    [Parameter(ParameterSetName = AuthoritySet)]
    [Parameter(ParameterSetName = AllKeysSet)]
    public DateTime? NotAfter { get; set; }

    [Parameter(ParameterSetName = AuthoritySet)]
    [Parameter(ParameterSetName = AllKeysSet)]
    public SwitchParameter SingleUse { get; set; }

    [Parameter]
    public TimeSpan ValidFor { get; set; } = TimeSpan.FromHours(1);

    [Parameter(ParameterSetName = OwnerSet)]
    public SwitchParameter InnerWrap { get; set; }

    [Parameter(ParameterSetName = OwnerSet)]
    public SecureString? OwnerPassword { get; set; }

    [Parameter]
    public string[]? TrustedRoot { get; set; }

    [Parameter]
    public SwitchParameter AcceptUnprovenDestination { get; set; }

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
            RequireTimes();
            _output = new DecisionOutput(this, Path, Force);
            _input = DestinationInput.Read(this, Destination!, TrustedRoot, AcceptUnprovenDestination);
            if (Certificate != null) _signer = SignerInput.Open(this, Certificate, CertificatePassword);
        }
        catch (Exception e) when (ErrorMap.Find(e) is { } known)
        {
            ThrowTerminatingError(known.ToRecord(e, Destination));
        }
    }

    protected override void ProcessRecord()
    {
        if (AllKeys) Guard(Destination, () => Sign("all-keys", "All keys of the authority", null));
        if (TpmName.Length != 0 && Name.Length > 1)
        {
            Guard(Name, () => throw new ArgumentException("A TPM name is of one key. Pipe in the keys as Get-TpmKey gives them, or approve one key at a time."));
            return;
        }
        foreach (string name in Name)
        {
            if (Certificate == null) Guard(name, () => Approve(name));
            else Guard(name, () => Sign(name, name, DecisionOutput.Selected(name, TpmName)));
        }
    }

    protected override void EndProcessing()
    {
        Guard(Tpm, () => _approver?.Dispose());
        base.EndProcessing();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _signer?.Dispose();
        base.Dispose(disposing);
    }

    private void RequireTimes()
    {
        _begin = NotBefore == null ? StoredKeys.Now() : StoredKeys.WholeSeconds(NotBefore.Value);
        if (ValidFor < TimeSpan.FromSeconds(1) || ValidFor.TotalSeconds > int.MaxValue)
            throw new ArgumentException("An approval is valid for at least one second and at most 68 years.");
        if (NotAfter != null && MyInvocation.BoundParameters.ContainsKey(nameof(ValidFor)))
            throw new ArgumentException("Say with -NotAfter or with -ValidFor how long the approval is valid, and not with both.");
        if (NotAfter != null && StoredKeys.WholeSeconds(NotAfter.Value) <= _begin) throw new ArgumentException("The approval would end before it begins: -NotAfter is not after -NotBefore.");
    }

    private void Approve(string name)
    {
        StoredKey key = KeyStore.Find(name)?.Require()
            ?? throw new KeyException(KeyFault.NotFound, $"There is no key named '{name}' in the store. Get-TpmKey lists them.");
        MigrationRules.RequireOwnerCanApprove(name, KeyClassification.Of(key.PublicArea(), key.Record.PolicyBranches));
        string path = _output!.FileFor(key.Record.Name, SelectionDecision.Approved);
        if (!ShouldProcess(name, $"Approve migration to '{_input!.Destination.HostName}'")) return;
        _approver ??= new OwnerApprover(Loader, Passwords);
        _output.Put(_approver.Approve(key, _input.Destination, Reason, ValidFor, InnerWrap), _input.Verdict, path);
    }

    private void Sign(string file, string what, SelectedKey? key)
    {
        string path = _output!.FileFor(file, SelectionDecision.Approved);
        var approver = new SelectionApprover(_signer!);
        if (!ShouldProcess(what, $"Approve migration to '{_input!.Destination.HostName}' as '{approver.Authority.Description}'")) return;
        _output.Put(
            approver.Sign(new SelectionRequest
            {
                Decision = SelectionDecision.Approved,
                Key = key,
                Destination = _input.Destination,
                Reason = Reason,
                NotBefore = _begin,
                ValidUntil = NotAfter == null ? _begin + ValidFor : StoredKeys.WholeSeconds(NotAfter.Value),
                SingleUse = SingleUse,
            }),
            _input.Verdict,
            path);
    }
}
