using System.Globalization;
using System.Management.Automation;
using System.Security;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>A cmdlet that works with a TPM and a key store, opened when first needed and closed whatever happens.</summary>
public abstract class TpmCmdlet : TpmMigrationCmdlet
{
    private TpmDevice? _device;
    private KeyLoader? _loader;
    private KeyPasswords? _passwords;
    private KeyStore? _openStore;

    /// <summary>The TPM as a connection string (tbs, device:/dev/tpmrm0, swtpm:host=...,port=..., mssim:...).</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Tpm { get; set; }

    /// <summary>The folder of the key store.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Store { get; set; }

    private protected KeyStore KeyStore => _openStore ??= KeyStore.Open(Store == null ? null : GetUnresolvedProviderPathFromPSPath(Store));

    private protected TpmDevice Device => _device ??= TpmDevice.Open(Tpm, Cancellation);

    private protected KeyLoader Loader => _loader ??= new KeyLoader(Device, KeyStore, Passwords);

    private protected KeyPasswords Passwords => _passwords ??= new KeyPasswords
    {
        Key = SecureText.ToUtf8(KeyPasswordValue),
        Parent = SecureText.ToUtf8(ParentPasswordValue),
        Owner = OwnerPasswordValue == null ? Device.KnownOwnerAuth ?? [] : SecureText.ToUtf8(OwnerPasswordValue),
    };

    private protected virtual SecureString? KeyPasswordValue => null;

    private protected virtual SecureString? ParentPasswordValue => null;

    private protected virtual SecureString? OwnerPasswordValue => null;

    /// <summary>Flushes and closes at the end of the work, while errors can still be reported.</summary>
    private protected void CloseTpm()
    {
        _loader?.Dispose();
        _loader = null;
        if (_device is not { } device) return;
        _device = null;
        device.Dispose();
        WriteVerbose(string.Format(
            CultureInfo.CurrentCulture, "{0} TPM commands, {1:0.0} ms waiting for the TPM", device.CommandCount, device.WaitingTime.TotalMilliseconds));
    }

    protected override void EndProcessing() => Guard(Tpm, CloseTpm);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // The device flushes what is left by itself, also after Ctrl+C or a lost connection.
            _device?.Dispose();
            _passwords?.Dispose();
        }
        base.Dispose(disposing);
    }
}
