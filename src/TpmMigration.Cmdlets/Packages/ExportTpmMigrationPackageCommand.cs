using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Signatures;

namespace TpmMigration.Cmdlets;

/// <summary>Exports keys, with their children, into a Migration Package for an approved destination.</summary>
[Cmdlet(VerbsData.Export, "TpmMigrationPackage", SupportsShouldProcess = true, DefaultParameterSetName = ApprovalSet)]
[OutputType(typeof(TpmMigrationPackage))]
public sealed class ExportTpmMigrationPackageCommand : TpmCmdlet
{
    private const string ApprovalSet = "Approval";
    private const string OwnerSet = "Owner";

    private readonly List<string> _names = [];

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

    [Parameter]
    public SecureString? OwnerPassword { get; set; }

    [Parameter]
    public SecureString? KeyPassword { get; set; }

    [Parameter]
    public SecureString? ParentPassword { get; set; }

    [Parameter]
    public string? Path { get; set; }

    [Parameter]
    public PackagePurpose Purpose { get; set; }

    [Parameter]
    public SwitchParameter ExcludeChildren { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override SecureString? KeyPasswordValue => KeyPassword;

    private protected override SecureString? ParentPasswordValue => ParentPassword;

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    protected override void ProcessRecord() => _names.AddRange(Name);

    protected override void EndProcessing()
    {
        Guard(Destination, Export);
        base.EndProcessing();
    }

    private void Export()
    {
        string path = Path == null ? string.Empty : GetUnresolvedProviderPathFromPSPath(Path);
        if (path.Length != 0) DocumentOutput.RequireFree(path, Force);
        var request = new ExportRequest
        {
            Destination = DestinationDocument.Read(DocumentInput.From(this, Destination!).Text()),
            Approvals = DocumentInput.FromMany(this, Approval ?? []).Select(d => ApprovalDocument.Read(d.Text())).ToList(),
            OwnerReason = Reason,
            Purpose = Purpose,
            IncludeChildren = !ExcludeChildren,
        };
        using IDocumentSigner signer = new PlatformSigner(Loader);
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
                _ = signer.Identity; // A platform makes its signing key now if need be: later its TPM is full of the keys' own parents.
                exporter.Add(key);
            });
        }
        progress.End();
        if (exporter.Count == 0) return;
        MigrationPackage package = exporter.Finish();
        string document = string.Empty;
        if (path.Length != 0)
        {
            DocumentOutput.Write(path, Force, stream => package = PackageWriter.Write(package, signer, stream));
        }
        else
        {
            using var stream = new MemoryStream();
            package = PackageWriter.Write(package, signer, stream);
            document = Encoding.UTF8.GetString(stream.ToArray());
        }
        exporter.Record(package);
        WriteObject(TpmMigrationPackage.From(package, document, path));
    }

    /// <summary>The named keys, those that other named keys live under first, so that children go along instead of alone.</summary>
    private List<StoredKey> InOrder()
    {
        List<StoredKey> keys = [];
        foreach (string name in _names)
        {
            Guard(name, () => keys.Add(KeyStore.Find(name)?.Require()
                ?? throw new KeyException(KeyFault.NotFound, $"There is no key named '{name}' in the store. Get-TpmKey lists them.")));
        }
        return keys.OrderBy(key => key.Record.Parent.KeyName == null ? 0 : 1).ToList();
    }
}
