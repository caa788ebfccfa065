using System.Management.Automation;
using TpmMigration.Approvals;

namespace TpmMigration.Cmdlets;

/// <summary>A cmdlet that works with the trust register. No TPM is needed.</summary>
public abstract class TrustRegisterCmdlet : TpmMigrationCmdlet
{
    /// <summary>The file of the register.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TrustRegister { get; set; }

    private protected TrustRegister OpenRegister() =>
        TrustRegisterInput.Open(this, TrustRegister);
}
