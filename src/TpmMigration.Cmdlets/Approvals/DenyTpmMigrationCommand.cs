using System;
using System.Management.Automation;
using System.Security;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Signatures;

namespace TpmMigration.Cmdlets;

/// <summary>Denies, as a Migration Selection Authority, that keys go to a destination.</summary>
[Cmdlet(VerbsLifecycle.Deny, "TpmMigration", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = KeySet)]
[OutputType(typeof(TpmMigrationApproval))]
public sealed class DenyTpmMigrationCommand : TpmMigrationCmdlet
{
    private const string KeySet = "Key";
    private const string AllKeysSet = "AllKeys";

    // A denial takes back what was approved before; it must outlast that.
    private static readonly TimeSpan s_forGood = TimeSpan.FromDays(365 * 50);

    private MigrationDestination? _destination;
    private DecisionOutput? _output;
    private IDocumentSigner? _signer;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = KeySet)]
    [Alias("KeyName")]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = string.Empty;

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = KeySet)]
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

    [Parameter(Mandatory = true)]
    [ValidateNotNull]
    public object? Certificate { get; set; }

    [Parameter]
    public SecureString? CertificatePassword { get; set; }

    [Parameter]
    public string? Path { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void BeginProcessing()
    {
        try
        {
            if (string.IsNullOrWhiteSpace(Reason)) throw new ArgumentException("Give the reason for the denial with -Reason.");
            _output = new DecisionOutput(this, Path, Force);
            _destination = DestinationDocument.Read(DocumentInput.From(this, Destination!).Text());
            _signer = SignerInput.Open(this, Certificate!, CertificatePassword);
        }
        catch (Exception e) when (ErrorMap.Find(e) is { } known)
        {
            ThrowTerminatingError(known.ToRecord(e, Destination));
        }
    }

    protected override void ProcessRecord()
    {
        if (AllKeys) Guard(Destination, () => Deny("all-keys", "All keys of the authority", null));
        else Guard(Name, () => Deny(Name, Name, DecisionOutput.Selected(Name, TpmName)));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _signer?.Dispose();
        base.Dispose(disposing);
    }

    private void Deny(string file, string what, SelectedKey? key)
    {
        string path = _output!.FileFor(file, SelectionDecision.Denied);
        var approver = new SelectionApprover(_signer!);
        if (!ShouldProcess(what, $"Deny migration to '{_destination!.HostName}' as '{approver.Authority.Description}'")) return;
        DateTime now = StoredKeys.Now();
        SelectionApproval denial = approver.Sign(new SelectionRequest
        {
            Decision = SelectionDecision.Denied,
            Key = key,
            Destination = _destination,
            Reason = Reason,
            NotBefore = now,
            ValidUntil = now + s_forGood,
        });
        // Its evidence does not matter: a destination that is dubious is one to deny.
        _output.Put(denial, verdict: null, path);
    }
}
