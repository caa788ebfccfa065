using System.Linq;
using System.Management.Automation;
using System.Security;
using TpmMigration.Approvals;
using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Makes a destination document: the key to which others may migrate theirs, with evidence. That of an endorsement certificate is made without a TPM.</summary>
[Cmdlet(VerbsCommon.Get, "TpmMigrationDestination", SupportsShouldProcess = true, DefaultParameterSetName = StorageKeySet)]
[OutputType(typeof(TpmMigrationDestination))]
public sealed class GetTpmMigrationDestinationCommand : TpmCmdlet
{
    private const string StorageKeySet = "StorageKey";
    private const string CertificateSet = "EndorsementCertificate";
    private const string EndorsementKeySet = "EndorsementKey";

    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = StorageKeySet)]
    [ArgumentCompleter(typeof(KeyNameCompleter))]
    [Alias("Parent")] // Not the other way round: a key from the pipe has both properties, and it is the key that is meant.
    public string? Name { get; set; }

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = CertificateSet)]
    [ValidateNotNull]
    public object? EndorsementCertificate { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = CertificateSet)]
    [ValidateNotNullOrEmpty]
    public string? HostName { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = EndorsementKeySet)]
    public SwitchParameter EndorsementKey { get; set; }

    [Parameter]
    public string? Path { get; set; }

    [Parameter]
    public string[]? CertificatePath { get; set; }

    [Parameter(ParameterSetName = StorageKeySet)]
    public SwitchParameter NoCertification { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter(ParameterSetName = StorageKeySet)]
    public SecureString? ParentPassword { get; set; }

    [Parameter(ParameterSetName = StorageKeySet)]
    public SecureString? OwnerPassword { get; set; }

    private protected override SecureString? ParentPasswordValue => ParentPassword;

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    private byte[][] HigherCertificates => CertificateFiles.Read(this, CertificatePath ?? []).ToArray();

    protected override void ProcessRecord() => Guard(EndorsementCertificate ?? Name, () =>
    {
        string path = Path == null ? string.Empty : GetUnresolvedProviderPathFromPSPath(Path);
        if (path.Length != 0) DocumentOutput.RequireFree(path, Force);
        MigrationDestination destination = ParameterSetName switch
        {
            CertificateSet => OfCertificate(),
            EndorsementKeySet => DestinationMaker.MakeOfEndorsementKey(Device, HigherCertificates),
            _ => OfStorageKey(),
        };
        string document = DestinationDocument.Write(destination);
        if (path.Length != 0 && ShouldProcess(path, "Write the destination document"))
            DocumentOutput.Write(path, document, Force);
        WriteObject(TpmMigrationDestination.From(destination, document, path));
    });

    private MigrationDestination OfStorageKey()
    {
        bool certify = !NoCertification && (AttestationKey.Exists(KeyStore) || ShouldProcess(AttestationKey.Name, "Make this platform's attestation key, which vouches for the destination"));
        return DestinationMaker.Make(Loader, string.IsNullOrEmpty(Name) ? null : Name, certify, HigherCertificates);
    }

    private MigrationDestination OfCertificate()
    {
        EndorsementCertificate certificate = Approvals.EndorsementCertificate.Read(CertificateInput.Read(this, EndorsementCertificate!));
        if (certificate.Remark != null) WriteWarning(certificate.Remark);
        return DestinationMaker.Make(certificate, HostName, HigherCertificates);
    }
}
