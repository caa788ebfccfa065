using System.IO;
using System.Management.Automation;
using System.Security;
using TpmMigration.Approvals;
using TpmMigration.Migration;
using TpmMigration.Recovery;
using TpmMigration.Signatures;

namespace TpmMigration.Cmdlets;

/// <summary>Verifies a Migration Package check by check, and on request rehearses its import: the TPM takes each key in, proves it, and lets it go.</summary>
[Cmdlet(VerbsDiagnostic.Test, "TpmMigrationPackage")]
[OutputType(typeof(TpmMigrationPackageTest))]
public sealed class TestTpmMigrationPackageCommand : TpmCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Path")]
    [ValidateNotNull]
    public object[]? Package { get; set; }

    [Parameter]
    public SwitchParameter Rehearse { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public object[]? RecoveryRelease { get; set; }

    [Parameter]
    public SecureString? RecoveryPassphrase { get; set; }

    [Parameter]
    public SecureString? KeyPassword { get; set; }

    [Parameter]
    public SecureString? ParentPassword { get; set; }

    [Parameter]
    public SecureString? OwnerPassword { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TrustRegister { get; set; }

    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? MaximumSize { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? MaximumKeyCount { get; set; }

    private protected override SecureString? KeyPasswordValue => KeyPassword;

    private protected override SecureString? ParentPasswordValue => ParentPassword ?? KeyPassword;

    private protected override SecureString? OwnerPasswordValue => OwnerPassword;

    protected override void ProcessRecord()
    {
        foreach (object input in Package!)
        {
            Guard(input, () =>
            {
                foreach (DocumentInput document in DocumentInput.FromMany(this, [input]))
                    WriteObject(Verify(document));
            });
        }
    }

    private TpmMigrationPackageTest Verify(DocumentInput document)
    {
        TrustRegister register = TrustRegisterInput.Open(this, TrustRegister);
        SignerIdentity? own = PackageInput.OwnSigner(this, Store);
        var progress = new LongWork(this, "Rehearsing the import of keys", 0);
        using RecoveryMeans recovery = RecoveryInput.Means(this, RecoveryRelease, RecoveryPassphrase);
        PackageRehearsal? rehearsal = Rehearse ? new PackageRehearsal(Loader, Passwords, recovery, progress.At) : null;
        using Stream stream = document.Open();
        PackageReport report = new PackageVerifier(own, register, PackageInput.Limits(MaximumSize, MaximumKeyCount)).Verify(stream, rehearsal);
        progress.End();
        return TpmMigrationPackageTest.From(report, document.Path ?? string.Empty);
    }
}
