using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tests.Keys.Wrapping;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>Whoever listens between program and TPM learns no password and no private key.</summary>
public sealed class BusTests
{
    private const string KeyPassword = "key-secret", OwnerPassword = "owner-secret";

    private readonly List<RecordingTransport> _recordings = [];

    [Theory]
    [InlineData("sign", "ecc")]
    [InlineData("sign", "rsa")]
    [InlineData("storage", "ecc")]
    [InlineData("storage", "rsa")]
    public void No_secret_crosses_the_bus_in_creation_approval_export_and_import(string role, string type)
    {
        using var a = new Machine();
        using var b = new Machine();
        using KeyPasswords passwords = Machine.Password(KeyPassword, OwnerPassword);
        foreach (Machine machine in new[] { a, b }) machine.Tpm.Tool("tpm2_changeauth", "-c", "owner", OwnerPassword);
        MigrationDestination toA = Watch(a, passwords, loader => DestinationMaker.Make(loader, null, certify: false, []));
        MigrationDestination toB = Watch(b, passwords, loader => DestinationMaker.Make(loader, null, certify: true, []));

        // A key whose private part is known, since it was made in software, comes to the first machine.
        (MigrationPackage known, byte[] secret, byte[] seed) = KnownKey(role, type, toA);
        Watch(a, passwords, loader => new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer }, passwords).Import(known));
        Watch(a, passwords, loader => KeyCreator.Create(loader, new NewKey { Name = "made", Role = KeyRole.Sign, Algorithm = KeyAlgorithm.EccP256 }, passwords));
        List<OwnerApproval> approvals = Watch(a, passwords, loader =>
        {
            using var approver = new OwnerApprover(loader, passwords);
            return new[] { "known", "made" }.Select(n => approver.Approve(loader.Store.Find(n)!.Require(), toB, "replace", TimeSpan.FromHours(1))).ToList();
        });
        MigrationPackage approved = Export(a, passwords, new ExportRequest { Destination = toB, Approvals = approvals });
        Export(a, passwords, new ExportRequest { Destination = toB, OwnerReason = "replace" });
        Watch(b, passwords, loader => new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer }, passwords).Import(approved));

        Assert.True(_recordings.Sum(r => r.Exchanges.Count) > 50);
        foreach (string password in new[] { KeyPassword, OwnerPassword })
        {
            AssertAbsent(Encoding.UTF8.GetBytes(password), "a password");
            AssertAbsent(Encoding.Unicode.GetBytes(password), "a password in UTF-16");
            AssertAbsent(Encoding.BigEndianUnicode.GetBytes(password), "a password in UTF-16");
        }
        AssertAbsent(secret, "the private key");
        AssertAbsent(secret.Reverse().ToArray(), "the private key backwards");
        AssertAbsent(seed, "the seed");
    }

    [Fact]
    public void The_search_finds_a_password_that_does_cross_the_bus()
    {
        using var machine = new Machine();
        machine.Tpm.Tool("tpm2_changeauth", "-c", "owner", OwnerPassword);
        using var recording = new RecordingTransport(TpmConnection.Open(machine.Tpm.ConnectionString));
        using (var device = new TpmDevice(recording, TestContext.Current.CancellationToken))
        {
            TpmObject key = device.Execute(
                new CreatePrimary { PrimaryHandle = TpmHandle.Owner, InPublic = KeyTemplates.StorageRoot }, TpmAuthorization.Password(Encoding.UTF8.GetBytes(OwnerPassword)));
            device.Flush(key.Handle);
        }
        Assert.NotEmpty(FramesWith(recording, Encoding.UTF8.GetBytes(OwnerPassword)));
        Assert.NotEmpty(FramesWith(recording, [0x80, 0x02]));
        Assert.Empty(FramesWith(recording, Encoding.UTF8.GetBytes(KeyPassword)));
    }

    private T Watch<T>(Machine machine, KeyPasswords passwords, Func<KeyLoader, T> work) => machine.Run(work, passwords, inner =>
    {
        var recording = new RecordingTransport(inner);
        _recordings.Add(recording);
        return recording;
    });

    private MigrationPackage Export(Machine machine, KeyPasswords passwords, ExportRequest request) => Watch(machine, passwords, loader =>
    {
        using var exporter = new KeyExporter(loader, request, passwords);
        exporter.Add(loader.Store.Find("known")!.Require());
        exporter.Add(loader.Store.Find("made")!.Require());
        return exporter.Finish();
    });

    private void AssertAbsent(byte[] needle, string what) =>
        Assert.All(_recordings, r => Assert.True(FramesWith(r, needle).Count == 0, $"A frame holds {what}."));

    private static List<byte[]> FramesWith(RecordingTransport recording, byte[] needle) => recording.Exchanges
        .SelectMany(e => new[] { e.Command, e.Response ?? [] }).Where(frame => frame.AsSpan().IndexOf(needle) >= 0).ToList();

    private static (MigrationPackage Package, byte[] Secret, byte[] Seed) KnownKey(string role, string type, MigrationDestination destination)
    {
        SoftwareKey key = role == "sign" ? SoftwareKey.Signing(type) : SoftwareKey.Parent(type);
        IReadOnlyList<IReadOnlyList<PolicyStep>> policy = [KeyPolicies.MigratableBranch];
        TpmtPublic publicArea = Scene.Altered(key.PublicArea, policy: PolicyBranches.Digest(key.PublicArea.NameAlg, policy));
        var reader = new TpmReader(key.Sensitive);
        TpmAlgId algorithm = reader.ReadAlg();
        reader.ReadTpm2b();
        reader.ReadTpm2b();
        byte[] secret = reader.ReadTpm2b();
        byte[] seed = SecretBytes.Random(32);
        byte[] sensitive = TpmWriter.Write(w =>
        {
            w.WriteAlg(algorithm);
            w.WriteTpm2b(Encoding.UTF8.GetBytes(KeyPassword));
            w.WriteTpm2b(seed);
            w.WriteTpm2b(secret);
        });
        WrappedKey wrapped = KeyWrap.Wrap(WrappingParent.From(destination.Parent), publicArea.Name, sensitive);
        var package = new MigrationPackage
        {
            Id = Guid.NewGuid(),
            Created = StoredKeys.Now(),
            Purpose = PackagePurpose.Migrate,
            Source = new PackageSource("software", publicArea.Name),
            Destination = new PackageDestination(PackageDestinationKind.StorageKey, destination.HostName, destination.Parent),
            Keys =
            [
                new PackageKey
                {
                    Id = Guid.NewGuid(), Name = "known", Kind = "Migratable", PublicArea = publicArea, Created = StoredKeys.Now(), HasPassword = true,
                    Policy = policy, Blob = new MigrationBlob(wrapped.Duplicate, wrapped.EncryptedSeed),
                },
            ],
        };
        return (package.Approved(), secret, seed);
    }
}
