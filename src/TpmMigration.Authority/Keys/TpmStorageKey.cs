using System;
using System.Threading;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tpm;
using TpmMigration.Transport;

namespace TpmMigration.Authority.Keys;

/// <summary>
/// A storage key in the host's TPM, below its storage root key: nothing that is wrapped to it is ever open outside (TPM2_Rewrap; TPM 2.0 Part 3, 13.2). The
/// TPM is opened for one package at a time and let go behind it, since other programs use it too.
/// </summary>
internal sealed class TpmStorageKey : StorageKey
{
    /// <summary>Names another way to the TPM than the one that was kept.</summary>
    private const string EnvironmentVariable = "TPM_MA_TPM";

    private const TpmaObject Attributes =
        TpmaObject.FixedTpm | TpmaObject.FixedParent | TpmaObject.SensitiveDataOrigin | TpmaObject.UserWithAuth | TpmaObject.NoDa | TpmaObject.Restricted | TpmaObject.Decrypt;

    private readonly Lock _one = new();

    /// <param name="area">Its public area.</param>
    /// <param name="privateArea">TPM2B_PRIVATE, without its size: good for nothing outside that TPM.</param>
    /// <param name="connection">How the TPM is reached; empty for the platform's.</param>
    /// <param name="created">UTC.</param>
    internal TpmStorageKey(TpmtPublic area, byte[] privateArea, string connection, DateTime created) : base(area, created) => (PrivateArea, Connection) = (privateArea, connection);

    /// <summary>TPM2B_PRIVATE, without its size.</summary>
    internal byte[] PrivateArea { get; }

    /// <summary>How the TPM is reached; empty for the platform's.</summary>
    internal string Connection { get; }

    internal override string Algorithm => base.Algorithm + " in the TPM";

    /// <summary>Has the TPM make one.</summary>
    /// <exception cref="StorageKeyUnavailableException">There is no TPM, it has no TPM2_Rewrap, or it cannot make such a key.</exception>
    internal static TpmStorageKey Create(KeyAlgorithm algorithm, string connection, DateTime utc) => WithTpm(connection, (device, root) =>
    {
        if (!device.HasCommand(TpmCc.Rewrap))
            throw new StorageKeyUnavailableException("The TPM does not have the command TPM2_Rewrap, so it can hold no storage key. Leave --tpm out.");
        CreateResponse made = device.Execute(
            new Create { ParentHandle = root.Handle, InSensitive = new TpmsSensitiveCreate([], []), InPublic = Template(algorithm, Attributes) }, TpmAuthorization.Empty);
        return new TpmStorageKey(made.OutPublic, made.OutPrivate, connection, StoredKeys.WholeSeconds(utc));
    });

    // Wrapped anew for itself, which shows that it opens and shows nothing else.
    internal override void RequireOpens(MigrationPackage package) => Rewrap(package, Area);

    internal override MigrationPackage Rewrap(MigrationPackage package, TpmtPublic parent)
    {
        try
        {
            lock (_one)
            {
                return WithTpm(Connection, (device, root) => With(device, new Load { ParentHandle = root.Handle, InPrivate = PrivateArea, InPublic = Area }, [TpmAuthorization.Empty],
                    key => With(device, new LoadExternal { InPublic = parent }, [],
                        target => PackageBlobs.Rewrap(package, new RewrapStep(device, key.Handle, target.Handle, () => TpmAuthorization.Empty).Run))));
            }
        }
        catch (PackageIntegrityException e)
        {
            throw new WrappingIntegrityException(e.Message, e);
        }
    }

    public override void Dispose() { }

    private static T With<T>(TpmDevice device, TpmCommand<TpmObject> load, TpmAuthorization[] authorizations, Func<TpmObject, T> work)
    {
        TpmObject loaded = device.Execute(load, authorizations);
        try
        {
            return work(loaded);
        }
        finally
        {
            device.Flush(loaded.Handle);
        }
    }

    private static T WithTpm<T>(string connection, Func<TpmDevice, TpmObject, T> work)
    {
        string name = Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } told ? told : connection;
        try
        {
            Func<ITpmTransport> open = () => new RetryTransport(name.Length == 0 ? TpmConnection.Platform.Open() : TpmConnection.Open(name));
            using var device = new TpmDevice(open(), open, CancellationToken.None);
            TpmObject root = StorageRootKey.Load(device, []);
            try
            {
                return work(device, root);
            }
            finally
            {
                device.Flush(root.Handle);
            }
        }
        catch (Exception e) when (e is TpmTransportException or TpmConnectionStringException or KeyAuthorizationException or TpmException)
        {
            throw new StorageKeyUnavailableException($"The TPM that holds the storage key cannot be used. {e.Message}", e);
        }
    }
}
