using System.Management.Automation;
using TpmMigration.Approvals;
using TpmMigration.Migration;
using TpmMigration.Packages;

namespace TpmMigration.Cmdlets;

/// <summary>Reads a Migration Package and shows what is in it, who signed it, and whether that signer is trusted here. No TPM is needed.</summary>
[Cmdlet(VerbsCommon.Get, "TpmMigrationPackage")]
[OutputType(typeof(TpmMigrationPackage))]
public sealed class GetTpmMigrationPackageCommand : TrustRegisterCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Path")]
    [ValidateNotNull]
    public object[]? Package { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Store { get; set; }

    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? MaximumSize { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? MaximumKeyCount { get; set; }

    protected override void ProcessRecord()
    {
        foreach (object input in Package!)
        {
            Guard(input, () =>
            {
                foreach (DocumentInput document in DocumentInput.FromMany(this, [input]))
                {
                    MigrationPackage package = PackageInput.Read(document, PackageInput.Limits(MaximumSize, MaximumKeyCount));
                    TrustVerdict trust = PackageTrust.Judge(OpenRegister(), PackageInput.OwnSigner(this, Store), package);
                    WriteObject(TpmMigrationPackage.From(package, document.Path == null ? document.Text() : string.Empty, document.Path ?? string.Empty, trust));
                }
            });
        }
    }
}
