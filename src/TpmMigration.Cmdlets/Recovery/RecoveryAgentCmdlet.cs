using System;
using System.Management.Automation;
using System.Security;
using TpmMigration.Approvals;
using TpmMigration.Packages;
using TpmMigration.Recovery;

namespace TpmMigration.Cmdlets;

/// <summary>What recovery agents do with their key to packages. No TPM is needed.</summary>
public abstract class RecoveryAgentCmdlet : TpmMigrationCmdlet
{
    private CertificateSigner? _signer;

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public object[]? Package { get; set; }

    [Parameter(Mandatory = true)]
    [ValidateNotNull]
    public object? Certificate { get; set; }

    [Parameter]
    public SecureString? CertificatePassword { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? MaximumSize { get; set; }

    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? MaximumKeyCount { get; set; }

    private protected CertificateSigner Signer => _signer ?? throw new InvalidOperationException("The agent's key was not opened.");

    private protected AgentKey AgentKey => new(Signer);

    protected override void ProcessRecord()
    {
        foreach (object input in Package!)
        {
            Guard(input, () =>
            {
                foreach (DocumentInput document in DocumentInput.FromMany(this, [input]))
                {
                    _signer ??= SignerInput.Open(this, Certificate!, CertificatePassword);
                    Process(PackageInput.Read(document, PackageInput.Limits(MaximumSize, MaximumKeyCount)));
                }
            });
        }
    }

    private protected abstract void Process(MigrationPackage package);

    protected override void Dispose(bool disposing)
    {
        if (disposing) _signer?.Dispose();
        base.Dispose(disposing);
    }
}
