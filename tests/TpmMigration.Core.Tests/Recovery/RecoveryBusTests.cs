using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tests.Migration;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Recovery;

/// <summary>Whoever listens between program and TPM learns nothing that opens an inner wrap.</summary>
public sealed class RecoveryBusTests : IDisposable
{
    private const string KeyPassword = "key-secret";

    private readonly List<RecordingTransport> _recordings = [];
    private readonly RecoveryScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData(KeyPassword)]
    public void No_inner_key_recovery_key_or_passphrase_crosses_the_bus_in_export_and_import(string keyPassword)
    {
        using KeyPasswords passwords = Machine.Password(keyPassword);
        _scene.Source.Create("k", encryptedDuplication: true, passwords: passwords);
        _scene.Source.Run(
            loader =>
            {
                using var vault = new KeyDataVault(loader);
                using var data = new KeyData(KeyDataType.Data, "note", "", [1, 2, 3]);
                vault.Put(loader.Store.Find("k")!.Require(), data, replace: false);
                return true;
            },
            passwords);
        OwnerApproval approval = _scene.Source.Approve("k", _scene.Destination);
        AgentCertificate agent = AgentCertificate.Make("ecc", "Agent");
        MigrationPackage package = Watch(_scene.Source, passwords, loader =>
        {
            using var exporter = new KeyExporter(
                loader, new ExportRequest { Destination = _scene.Destination, Approvals = [approval], Recovery = RecoveryScene.Recipients(RecoveryScene.Passphrase, agent) }, passwords);
            exporter.Add(loader.Store.Find("k")!.Require());
            return exporter.Finish();
        });
        Import(package, passwords, RecoveryScene.Means(RecoveryScene.Passphrase));
        Import(package, passwords, RecoveryScene.Means("", RecoveryScene.Release(agent, package, _scene.Destination)));

        using RecoveryKey recovery = RecoveryPassphrase.Open(package.InnerWrap!.Passphrase!, Encoding.UTF8.GetBytes(RecoveryScene.Passphrase));
        byte[][] secrets =
        [
            Encoding.UTF8.GetBytes(RecoveryScene.Passphrase), Encoding.Unicode.GetBytes(RecoveryScene.Passphrase), recovery.Secret,
            recovery.TryUnwrap(((MigrationBlob)package.Keys[0].Blob).InnerKey!)!, recovery.TryUnwrap(package.DataKey!.InnerKey!)!,
        ];
        Assert.All(secrets, secret => Assert.False(Crossed(secret)));
        // The control: what does cross is found.
        Assert.True(Crossed(((MigrationBlob)package.Keys[0].Blob).Duplicate));
        Assert.True(Crossed(package.DataKey.Duplicate));
    }

    private void Import(MigrationPackage package, KeyPasswords passwords, RecoveryMeans means) => Watch(_scene.Target, passwords, loader =>
    {
        using (means)
            return new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer, Recovery = means, Force = true }, passwords).Import(package);
    });

    private T Watch<T>(Machine machine, KeyPasswords passwords, Func<KeyLoader, T> work) => machine.Run(work, passwords, inner =>
    {
        var recording = new RecordingTransport(inner);
        _recordings.Add(recording);
        return recording;
    });

    private bool Crossed(byte[] bytes) =>
        _recordings.SelectMany(r => r.Exchanges).SelectMany(e => new[] { e.Command, e.Response ?? [] }).Any(frame => frame.AsSpan().IndexOf(bytes) >= 0);
}
