using System.Management.Automation;
using TpmMigration.Authorities;

namespace TpmMigration.Cmdlets;

/// <summary>A cmdlet that asks a Migration Authority for what it tells everybody. No TPM is needed.</summary>
public abstract class MaServiceCmdlet : TpmMigrationCmdlet
{
    private MaServiceClient? _service;

    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(MaUriCompleter))]
    public string? Uri { get; set; }

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TlsFingerprint { get; set; }

    [Parameter]
    [ValidateRange(1, MaServiceInput.MostTimeoutSeconds)]
    public int TimeoutSeconds { get; set; } = MaServiceInput.DefaultTimeoutSeconds;

    private protected MaServiceClient Service => _service ??= MaServiceInput.Open(this, MaServiceInput.Address(Uri, TlsFingerprint), TimeoutSeconds, Cancellation);

    protected override void Dispose(bool disposing)
    {
        if (disposing) _service?.Dispose();
        base.Dispose(disposing);
    }
}
