using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Threading;
using System.Threading.Tasks;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>Exports keys, with their children, into a Migration Package for an approved destination.</summary>
[Cmdlet(VerbsData.Export, "TpmMigrationPackage", SupportsShouldProcess = true, DefaultParameterSetName = ApprovalSet)]
[OutputType(typeof(TpmMigrationPackage))]
public sealed class ExportTpmMigrationPackageCommand : TpmCmdlet
{
    private const string ApprovalSet = "Approval";
    private const string OwnerSet = "Owner";

    private readonly List<string> _names = [];

    // Read by another thread while keys come through the pipeline; what fails in that is told where the result is asked for.
    private Task<List<MigrationApproval>>? _approvals;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    public string[] Name { get; set; } = [];

    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNull]
    public object? Destination { get; set; }

    [Parameter(ParameterSetName = ApprovalSet)]
    public object[]? Approval { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = OwnerSet)]
    [ValidateNotNullOrEmpty]
    public string? Reason { get; set; }

    [Parameter(ParameterSetName = OwnerSet)]
    public string[]? TrustedRoot { get; set; }

    [Parameter(ParameterSetName = OwnerSet)]
    public SwitchParameter AcceptUnprovenDestination { get; set; }

    [Parameter]
    public SecureString? OwnerPassword { get; set; }

    [Parameter]
    public SecureString? KeyPassword { get; set; }

    [Parameter]
    public SecureString? ParentPassword { get; set; }

    [Parameter]
    public string? Path { get; set; }

    [Parameter]
    public KeyExportFormat Format { get; set; }

    [Parameter]
    public PackagePurpose Purpose { get; set; }

    [Parameter]
    [ValidateNotNull]
    public object? Certificate { get; set; }

    [Parameter]
    public SecureString? CertificatePassword { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] ReleaseAuthority { get; set; } = [];

    [Parameter]
    [ValidateNotNullOrEmpty]
    public object[]? RecoveryAgent { get; set; }

    [Parameter]
    public SecureString? RecoveryPassphrase { get; set; }

    [Parameter]
    public SwitchParameter ExcludeChildren { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override SecureString? KeyPasswordValue => KeyPassword;

    private protected override SecureString? ParentPasswordValue => ParentPassword;

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    protected override void BeginProcessing() => Guard(Approval, () =>
    {
        List<DocumentInput> documents = DocumentInput.FromMany(this, Approval ?? []).ToList();
        CancellationToken cancellation = Cancellation;
        _approvals = Task.Run(() => documents.ConvertAll(document =>
        {
            cancellation.ThrowIfCancellationRequested();
            return ApprovalDocument.Read(document.Text());
        }));
    });

    protected override void ProcessRecord()
    {
        foreach (string name in Name)
        {
            Guard(name, () =>
            {
                _ = KeyStore;
                _names.Add(name);
            });
        }
    }

    protected override void EndProcessing()
    {
        TpmMigrationPackage? exported = null;
        Guard(Destination, () => exported = Export());
        base.EndProcessing();
        // The next command of the pipeline may want the TPM, which is free now.
        if (exported != null) WriteObject(exported);
    }

    private TpmMigrationPackage? Export()
    {
        byte[] passphrase = SecureText.ToUtf8(RecoveryPassphrase);
        try
        {
            return Export(RecoveryInput.Recipients(this, RecoveryAgent, RecoveryPassphrase == null ? null : passphrase));
        }
        finally
        {
            SecretBytes.Clear(passphrase);
        }
    }

    private TpmMigrationPackage? Export(RecoveryRecipients? recovery)
    {
        if (_approvals is not { } approvals) return null; // The error has been told.
        var output = new PackageOutput(Format, Path == null ? string.Empty : GetUnresolvedProviderPathFromPSPath(Path), Force);
        output.RequireFree();
        if (recovery != null && Format != KeyExportFormat.Package) throw new ArgumentException("Only a Migration Package has a place for the key of an inner wrap: leave -Format out, or -RecoveryAgent and -RecoveryPassphrase.");
        if (Format != KeyExportFormat.Package) KeyExchange.RequireSingle(KeyStore, [.. _names], !ExcludeChildren);
        var request = new ExportRequest
        {
            Destination = DestinationDocument.Read(DocumentInput.From(this, Destination!).Text()),
            Approvals = approvals.GetAwaiter().GetResult(),
            OwnerReason = Reason,
            Purpose = Purpose,
            IncludeChildren = !ExcludeChildren,
            Recovery = recovery,
            ReleaseAuthorities = CertificateFiles.Read(this, ReleaseAuthority).ToList(),
        };
        if (Format != KeyExportFormat.Package) KeyExchange.RequireStorageKey(request.Destination);
        // Who gives approvals has seen to it; here the Owner exports without one.
        if (Reason != null && request.Destination.Kind == DestinationKind.EndorsementKey)
            DestinationExaminer.RequireApprovable(request.Destination, CertificateFiles.Read(this, TrustedRoot ?? []).ToList(), AcceptUnprovenDestination);
        if (Reason != null && request.Destination.Authority != null) DestinationInput.WarnOfAuthority(this, request.Destination);
        if (OnlyTells)
        {
            TellPlans(request);
            return null;
        }
        using IDocumentSigner signer = Certificate == null ? new PlatformSigner(Loader) : SignerInput.Open(this, Certificate, CertificatePassword);
        using var exporter = new KeyExporter(Loader, request, Passwords);
        var progress = new LongWork(this, $"Exporting keys to {request.Destination.HostName}", _names.Count);
        int done = 0;
        foreach (StoredKey key in InOrder())
        {
            progress.At(done++, key.Record.Name);
            Guard(key.Record.Name, () =>
            {
                if (exporter.Contains(key.Record.Name)) return;
                exporter.Check(key);
                if (!ShouldProcess(key.Record.Name, $"Export to '{request.Destination.HostName}'")) return;
                if (Format == KeyExportFormat.Package) _ = signer.Identity; // A platform makes its signing key now if need be: later its TPM is full of the keys' own parents.
                exporter.Add(key);
            });
        }
        progress.End();
        if (exporter.Count == 0) return null;
        MigrationPackage package = exporter.Finish();
        if (Format != KeyExportFormat.Package && package.DataKey != null)
            WriteWarning("What is kept with the key (Get-TpmKeyData) stays here: only a Migration Package takes it along.");
        package = output.Write(package, signer);
        exporter.Record(package);
        return TpmMigrationPackage.From(package, output.Document, output.Path, trust: null);
    }

    /// <summary>With -WhatIf: all that stands against the export, and what it would come to where nothing does.</summary>
    private void TellPlans(ExportRequest request)
    {
        try
        {
            if (Certificate != null) SignerInput.Open(this, Certificate, CertificatePassword).Dispose();
        }
        catch (SignerException e)
        {
            Tell(e, Certificate);
        }
        using var exporter = new KeyExporter(Loader, request, Passwords);
        foreach (ExportObstacle obstacle in exporter.Obstacles()) Tell(obstacle.Cause, Destination);
        foreach (StoredKey key in InOrder())
        {
            string name = key.Record.Name;
            Guard(name, () =>
            {
                if (exporter.IsPlanned(name)) return;
                ExportPlan plan = exporter.Plan(key);
                foreach (ExportObstacle obstacle in plan.Obstacles) Tell(obstacle.Cause, obstacle.KeyName);
                if (plan.Obstacles.Count != 0) return;
                ShouldProcess(name, $"Export to '{request.Destination.HostName}'");
                foreach (string below in plan.Below) ShouldProcess(below, $"Export to '{request.Destination.HostName}' along with '{name}'");
            });
        }
    }

    /// <summary>
    /// The named keys. Other threads read them, ahead of those that wait for the TPM. Those that live under keys of the store come last, so
    /// that children go along instead of alone.
    /// </summary>
    private IEnumerable<StoredKey> InOrder()
    {
        if (_names.Count == 0) yield break;
        KeyStore store = KeyStore;
        List<Task<KeyStoreEntry?>> found = _names.ConvertAll(name => Task.Run(() => store.Find(name)));
        List<StoredKey> below = [];
        for (int i = 0; i < found.Count; i++)
        {
            (string name, Task<KeyStoreEntry?> each) = (_names[i], found[i]);
            StoredKey? key = null;
            Guard(name, () => key = each.GetAwaiter().GetResult()?.Require()
                ?? throw new KeyException(KeyFault.NotFound, $"There is no key named '{name}' in the store. Get-TpmKey lists them."));
            if (key?.Record.Parent.KeyName != null) below.Add(key);
            else if (key != null) yield return key;
        }
        foreach (StoredKey key in below) yield return key;
    }
}
