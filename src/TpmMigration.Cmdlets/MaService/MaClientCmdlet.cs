using System;
using System.Collections.Generic;
using System.Management.Automation;
using TpmMigration.Authorities;
using TpmMigration.Transport;

namespace TpmMigration.Cmdlets;

/// <summary>
/// A cmdlet that asks a Migration Authority for what it does for machines whose TPM it knows. The proof is given when it is needed, and kept for the
/// session. The TPM is closed before an answer is handed on: the next command of the pipeline may want it.
/// </summary>
public abstract class MaClientCmdlet : TpmCmdlet
{
    private MaServiceClient? _service;
    private LongWork? _progress;

    [Parameter(Position = 1)]
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

    /// <summary>The storage key of the store that packages are to be wrapped to for this machine; null for the storage root key.</summary>
    private protected virtual string? ParentName => Service.Address == MaSession.Current.Address ? MaSession.Current.Parent : null;

    private protected virtual IReadOnlyList<byte[]> HigherCertificates => MaSession.Current.HigherCertificates;

    /// <summary>Asks with a token, of which another is got where the service does not take it any more.</summary>
    private protected T Ask<T>(Func<MaToken, T> ask)
    {
        MaToken? known = MaSession.Current.Find(TokenKey);
        try
        {
            return ask(known ?? Authenticate());
        }
        catch (MaServiceException e) when (known != null && e.Fault is MaServiceFault.TokenExpired or MaServiceFault.TokenInvalid)
        {
            return ask(Authenticate());
        }
    }

    /// <summary>Proves this machine's TPM, and closes it.</summary>
    private protected MaToken Authenticate()
    {
        WriteVerbose($"Proving this machine's TPM to '{Service.Address}'.");
        MaToken token = MaAuthentication.Run(Service, Loader, TokenKey.Parent, HigherCertificates);
        CloseTpm();
        MaSession.Current.Keep(TokenKey, token);
        return token;
    }

    /// <summary>Shows what is waited for, once it takes a while.</summary>
    private protected void Show(string activity, string what)
    {
        _progress ??= new LongWork(this, activity, 0);
        Service.Waiting = () => _progress.At(0, what);
    }

    protected override void EndProcessing()
    {
        _progress?.End();
        base.EndProcessing();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _service?.Dispose();
        base.Dispose(disposing);
    }

    private MaTokenKey TokenKey => new(
        Service.Address,
        Tpm ?? Environment.GetEnvironmentVariable(TpmConnection.EnvironmentVariable) ?? string.Empty,
        KeyStore.FolderPath,
        ParentName);
}
