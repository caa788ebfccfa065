namespace TpmMigration.Authority.Contract;

/// <summary>The operations of the service; each is the element of its request in <see cref="ServiceNamespace"/>.</summary>
public enum MigrationOperation
{
    GetMAServiceInformation,
    GetMAKey,
    Authenticate,
    CompleteAuthentication,
    Upload,
    Query,
    Download,
    Delete,
}
