using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Testing;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>A simulated machine: a TPM and a key store, with the engine's own work in few words.</summary>
internal sealed class Machine : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tpm-migration-test-").FullName;

    internal Machine(SimulatedTpmOptions? options = null) => Tpm = SimulatedTpm.Start(options);

    internal SimulatedTpm Tpm { get; }

    internal string StorePath => Path.Combine(_folder, "store");

    internal KeyStore Store => KeyStore.Open(StorePath);

    /// <summary>Opens the TPM, works, closes it, and sees to it that nothing was left loaded.</summary>
    internal T Run<T>(
        Func<KeyLoader, T> work, KeyPasswords? passwords = null, Func<ITpmTransport, ITpmTransport>? decorate = null, string? connection = null,
        KeyStore? store = null, CancellationToken? cancellation = null)
    {
        try
        {
            ITpmTransport Open() => new RetryTransport(TpmConnection.Open(connection ?? Tpm.ConnectionString));
            ITpmTransport transport = Open();
            using var device = new TpmDevice(decorate == null ? transport : decorate(transport), Open, cancellation ?? TestContext.Current.CancellationToken);
            using var loader = new KeyLoader(device, store ?? Store, passwords ?? new KeyPasswords());
            return work(loader);
        }
        finally
        {
            AssertNothingLoaded();
        }
    }

    internal void AssertNothingLoaded()
    {
        Assert.Equal(string.Empty, Tpm.Tool("tpm2_getcap", "handles-transient").Trim());
        Assert.Equal(string.Empty, Tpm.Tool("tpm2_getcap", "handles-loaded-session").Trim());
    }

    internal StoredKey Create(
        string name, KeyRole role = KeyRole.Sign, KeyAlgorithm algorithm = KeyAlgorithm.EccP256, string? parent = null, bool movesWithParent = false,
        KeyPasswords? passwords = null, bool? encryptedDuplication = null) =>
        Run(loader => KeyCreator.Create(
            loader,
            new NewKey { Name = name, Role = role, Algorithm = algorithm, Parent = parent, MovesWithParent = movesWithParent, EncryptedDuplication = encryptedDuplication },
            passwords ?? new KeyPasswords()), passwords);

    internal MigrationDestination Destination(string? parent = null) => Run(loader => DestinationMaker.Make(loader, parent, certify: true, []));

    internal OwnerApproval Approve(string name, MigrationDestination destination, KeyPasswords? passwords = null, bool innerWrap = false) => Run(
        loader =>
        {
            using var approver = new OwnerApprover(loader, passwords ?? new KeyPasswords());
            return approver.Approve(loader.Store.Find(name)!.Require(), destination, "replace the board", TimeSpan.FromHours(1), innerWrap);
        },
        passwords);

    internal string[] StoredNames() => Store.Enumerate(TestContext.Current.CancellationToken).Select(e => e.Name).OrderBy(n => n, StringComparer.Ordinal).ToArray();

    internal static KeyPasswords Password(string key = "", string owner = "", string parent = "") => new()
    {
        Key = Encoding.UTF8.GetBytes(key),
        Owner = Encoding.UTF8.GetBytes(owner),
        Parent = Encoding.UTF8.GetBytes(parent),
    };

    public void Dispose()
    {
        Tpm.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
