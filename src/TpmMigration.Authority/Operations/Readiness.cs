namespace TpmMigration.Authority.Operations;

/// <summary>Whether the service should be sent requests: its database answers, and it is not about to end. Its keys are open, or it had not begun.</summary>
internal sealed class Readiness(VaultFigures vault)
{
    private volatile bool _isStopping;

    internal bool IsReady => !_isStopping && vault.IsReachable();

    /// <summary>The service takes no new requests from now on.</summary>
    internal void Stop() => _isStopping = true;
}
