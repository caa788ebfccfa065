using System.Linq;
using System.Management.Automation;
using System.Security;
using TpmMigration.Approvals;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Makes this machine's destination document: the key to which others may migrate theirs, with evidence.</summary>
[Cmdlet(VerbsCommon.Get, "TpmMigrationDestination", SupportsShouldProcess = true)]
[OutputType(typeof(TpmMigrationDestination))]
public sealed class GetTpmMigrationDestinationCommand : TpmCmdlet
{
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    [Alias("Parent")] // Not the other way round: a key from the pipe has both properties, and it is the key that is meant.
    public string? Name { get; set; }

    [Parameter]
    public string? Path { get; set; }

    [Parameter]
    public string[]? CertificatePath { get; set; }

    [Parameter]
    public SwitchParameter NoCertification { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SecureString? ParentPassword { get; set; }

    [Parameter]
    public SecureString? OwnerPassword { get; set; }

    private protected override SecureString? ParentPasswordValue => ParentPassword;

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    protected override void ProcessRecord() => Guard(Name, () =>
    {
        string path = Path == null ? string.Empty : GetUnresolvedProviderPathFromPSPath(Path);
        if (path.Length != 0) DocumentOutput.RequireFree(path, Force);
        bool certify = !NoCertification && (AttestationKey.Exists(KeyStore) || ShouldProcess(AttestationKey.Name, "Make this platform's attestation key, which vouches for the destination"));
        MigrationDestination destination = DestinationMaker.Make(
            Loader, string.IsNullOrEmpty(Name) ? null : Name, certify, CertificateFiles.Read(this, CertificatePath ?? []).ToList());
        string document = DestinationDocument.Write(destination);
        if (path.Length != 0 && ShouldProcess(path, "Write the destination document"))
            DocumentOutput.Write(path, document, Force);
        WriteObject(TpmMigrationDestination.From(destination, document, path));
    });
}
