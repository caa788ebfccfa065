using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Security;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Signatures;

namespace TpmMigration.Cmdlets;

/// <summary>Wraps packages that are for this machine anew for another destination, which those who must have approved.</summary>
[Cmdlet(VerbsData.Convert, "TpmMigrationPackage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(TpmMigrationPackage))]
public sealed class ConvertTpmMigrationPackageCommand : TpmCmdlet
{
    private DestinationInput? _destination;
    private IReadOnlyList<SelectionApproval> _decisions = [];

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public object? Package { get; set; }

    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNull]
    public object? Destination { get; set; }

    [Parameter]
    public object[] Approval { get; set; } = [];

    [Parameter]
    public string[]? TrustedRoot { get; set; }

    [Parameter]
    public SwitchParameter AcceptUnprovenDestination { get; set; }

    [Parameter]
    public SwitchParameter AcceptUnknownSigner { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TrustRegister { get; set; }

    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? MaximumSize { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? MaximumKeyCount { get; set; }

    [Parameter]
    public string? Path { get; set; }

    [Parameter]
    [ValidateNotNull]
    public object? Certificate { get; set; }

    [Parameter]
    public SecureString? CertificatePassword { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SecureString? ParentPassword { get; set; }

    [Parameter]
    public SecureString? OwnerPassword { get; set; }

    private protected override SecureString? ParentPasswordValue => ParentPassword;

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    protected override void BeginProcessing()
    {
        try
        {
            _destination = DestinationInput.Read(this, Destination!, TrustedRoot, AcceptUnprovenDestination);
            _decisions = DecisionInput.Read(this, Approval);
        }
        catch (Exception e) when (ErrorMap.Find(e) is { } known)
        {
            ThrowTerminatingError(known.ToRecord(e, Destination));
        }
    }

    protected override void ProcessRecord() => Guard(Package, () =>
    {
        MigrationPackage package = PackageInput.Read(DocumentInput.From(this, Package!), PackageInput.Limits(MaximumSize, MaximumKeyCount));
        TrustVerdict trust = PackageTrust.Judge(TrustRegisterInput.Open(this, TrustRegister), PlatformSigningKey.Find(KeyStore), package);
        if (!trust.IsTrusted && !AcceptUnknownSigner) throw new UntrustedSignerException(package.Signature!.Signer, trust);
        var output = new PackageOutput(KeyExportFormat.Package, Path == null ? string.Empty : GetUnresolvedProviderPathFromPSPath(Path), Force);
        output.RequireFree();
        string host = _destination!.Destination.HostName;
        var progress = new LongWork(this, $"Wrapping keys for {host}", package.Keys.Count);
        var rewrapper = new PackageRewrapper(Loader, _destination.Destination, Passwords, progress.At);
        rewrapper.Check(package, _decisions);
        if (!ShouldProcess($"{package.Keys.Count} keys from '{package.Source.HostName}'", $"Wrap for '{host}' instead of '{package.Destination.HostName}'")) return;
        using IDocumentSigner signer = Certificate == null ? new PlatformSigner(Loader) : SignerInput.Open(this, Certificate, CertificatePassword);
        _ = signer.Identity; // A platform makes its signing key now if need be: later its TPM is full of the parents.
        MigrationPackage written = output.Write(rewrapper.Rewrap(package, _decisions), signer);
        progress.End();
        WriteObject(TpmMigrationPackage.From(written, output.Document, output.Path, trust: null));
    });
}
