using System.Management.Automation;

namespace TpmMigration.Cmdlets;

/// <summary>Reads a Migration Package and shows what is in it. No TPM is needed.</summary>
[Cmdlet(VerbsCommon.Get, "TpmMigrationPackage")]
[OutputType(typeof(TpmMigrationPackage))]
public sealed class GetTpmMigrationPackageCommand : TpmMigrationCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Path")]
    [ValidateNotNull]
    public object[]? Package { get; set; }

    protected override void ProcessRecord()
    {
        foreach (object input in Package!)
        {
            Guard(input, () =>
            {
                foreach (DocumentInput document in DocumentInput.FromMany(this, [input]))
                    WriteObject(TpmMigrationPackage.From(PackageInput.Read(document), document.Path == null ? document.Text() : string.Empty, document.Path ?? string.Empty));
            });
        }
    }
}
