using System;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tests.Packages;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Migration.Receipts;

/// <summary>Keys that move: the destination gives a receipt, and the source removes what it tells of.</summary>
public sealed class ReceiptTests
{
    [Fact]
    public void The_receipt_of_the_approved_destination_removes_the_key_with_its_child_and_both_ends_record_it()
    {
        using var scene = new ReceiptScene();
        byte[] name = scene.Package.Keys[0].PublicArea.Name;

        Assert.Equal(["child", "k"], scene.Remove(scene.Text));

        Assert.Equal(["other"], scene.Source.StoredNames());
        MigrationReceipt receipt = scene.Receipt;
        Assert.Equal(["child", "k"], scene.Source.Store.MigratedKeys().Select(key => key.Name));
        MigratedKey noted = scene.Source.Store.MigratedKeys()[1];
        Assert.Equal(
            (Convert.ToHexString(name), Convert.ToHexString(scene.Destination.Parent.Name), Environment.MachineName, scene.Package.Id, receipt.Id),
            (Convert.ToHexString(noted.TpmName), Convert.ToHexString(noted.DestinationName), noted.DestinationHost, noted.PackageId, noted.ReceiptId));
        Assert.InRange(DateTime.UtcNow - noted.Time, TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(5));
        Assert.All(["k", "child"], key => Assert.Equal((scene.Package.Id, receipt.Id), (scene.Target.Store.Find(key)!.Require().Record.Origin.PackageId!.Value, scene.Target.Store.Find(key)!.Require().Record.Origin.ReceiptId!.Value)));
    }

    [Fact]
    public void A_persistent_copy_goes_too()
    {
        using var scene = new ReceiptScene();
        using var none = new KeyPasswords();
        scene.Source.Run(loader =>
        {
            TpmObject key = loader.Load(loader.Store.Find("k")!.Require());
            PersistentKeys.Persist(loader, key.Handle, none.Owner);
            loader.Device.Flush(key.Handle);
            return 0;
        });
        Assert.Contains(Scene.Kept(scene.Source), kept => kept == "0x81000100");
        scene.Remove(scene.Text);
        Assert.DoesNotContain(Scene.Kept(scene.Source), kept => kept == "0x81000100");
    }

    [Fact]
    public void A_child_may_go_first_and_its_parent_after_it()
    {
        using var scene = new ReceiptScene();
        Assert.Equal(["child"], scene.Remove(scene.Text, "child"));
        Assert.Equal(["k"], scene.Remove(scene.Text));
        Assert.Equal(["child", "k"], scene.Source.Store.MigratedKeys().Select(key => key.Name));
    }

    [Fact]
    public void The_keys_that_a_receipt_tells_of_are_found_by_their_TPM_names()
    {
        using var scene = new ReceiptScene();
        var examiner = new ReceiptExaminer(scene.Source.Store, scene.Receipt, _ => ReceiptScene.Unknown);
        Assert.Equal(["k", "child"], examiner.KeysHere());
        scene.Remove(scene.Text);
        var after = new ReceiptExaminer(scene.Source.Store, scene.Receipt, _ => ReceiptScene.Unknown);
        Assert.Equal(ReceiptFault.ForAnotherKey, Assert.Throws<ReceiptException>(after.KeysHere).Fault);
    }

    [Fact]
    public void A_registered_signer_is_believed_where_no_attestation_key_was_known_at_the_export()
    {
        using var scene = new ReceiptScene(isCertified: false);
        scene.Refuses(ReceiptFault.NotTrusted, scene.Text);
        Assert.Equal(["child", "k"], scene.Remove(scene.Text, verdict: Trusted.Signer));
    }

    [Fact]
    public void Keys_under_a_stored_storage_key_are_proven_to_be_under_it()
    {
        using var a = new Machine();
        using var b = new Machine();
        a.Create("k");
        b.Create("group", KeyRole.Storage);
        b.Create("shelf", KeyRole.Storage, parent: "group", movesWithParent: true);
        MigrationDestination destination = b.Destination("shelf");
        MigrationPackage package = MigrationTests.Export(a, destination, ["k"], [a.Approve("k", destination)]);
        MigrationReceipt receipt = ReceiptDocument.Read(ReceiptScene.Receive(b, package));
        Assert.Equal(2 + 32, receipt.AboveParent.Length);
        var examiner = new ReceiptExaminer(a.Store, receipt, _ => ReceiptScene.Unknown);
        Assert.Equal("k", Assert.Single(examiner.Plan("k")).Name);
    }

    [Fact]
    public void Families_and_keys_with_passwords_are_certified_in_a_TPM_with_three_slots()
    {
        using var a = new Machine();
        using var b = new Machine();
        KeyPasswords passwords = Machine.Password(key: "secret", parent: "secret");
        foreach (string family in new[] { "x", "y" })
        {
            a.Create(family, KeyRole.Storage, passwords: passwords);
            a.Create(family + "1", KeyRole.Storage, parent: family, movesWithParent: true, passwords: passwords);
            a.Create(family + "2", parent: family + "1", movesWithParent: true, passwords: passwords);
        }
        a.Create("single", passwords: passwords);
        MigrationDestination destination = b.Destination();
        string[] names = ["x", "single", "y"];
        MigrationPackage package = MigrationTests.Export(a, destination, names, [.. names.Select(name => a.Approve(name, destination, passwords))], passwords);

        MigrationReceipt receipt = ReceiptDocument.Read(ReceiptScene.Receive(b, package, passwords));

        Assert.Equal(["x", "x1", "x2", "single", "y", "y1", "y2"], receipt.Keys.Select(key => key.Name));
        Assert.Equal(names, receipt.Keys.Where(key => key.Proof != null).Select(key => key.Name));
        var examiner = new ReceiptExaminer(a.Store, receipt, _ => ReceiptScene.Unknown);
        Assert.Equal(["x2", "x1", "x"], examiner.Plan("x").Select(key => key.Name));
        Assert.Equal(["single"], examiner.Plan("single").Select(key => key.Name));
    }

    [Fact]
    public void A_receipt_costs_one_certification_for_each_migrating_key_and_loads_the_attestation_key_once()
    {
        using var a = new Machine();
        using var b = new Machine();
        foreach (string name in new[] { "x", "y", "z" }) a.Create(name);
        MigrationDestination destination = b.Destination();
        b.Run(PlatformSigningKey.Ensure);
        string[] names = ["x", "y", "z"];
        MigrationPackage package = SignedText.Read(SignedText.Write(MigrationTests.Export(a, destination, names, [.. names.Select(name => a.Approve(name, destination))])));
        TpmCc[] without = Commands(b, package, wantsReceipt: false), with = Commands(b, package, wantsReceipt: true);
        Assert.DoesNotContain(TpmCc.Certify, without);
        Assert.Equal(3, with.Count(code => code == TpmCc.Certify));
        // The attestation key and the signing key, each loaded and let go; and the signature.
        Assert.Equal(without.Length + 3 + 2 + 2 + 1, with.Length);
    }

    [Fact]
    public void A_key_whose_password_is_missing_cannot_be_certified_and_nothing_is_imported()
    {
        using var a = new Machine();
        using var b = new Machine();
        KeyPasswords passwords = Machine.Password(key: "secret");
        a.Create("k", passwords: passwords);
        MigrationDestination destination = b.Destination();
        MigrationPackage package = MigrationTests.Export(a, destination, ["k"], [a.Approve("k", destination)], passwords);
        var request = new ImportRequest { Trust = Trusted.Signer, SkipProof = true, WantsReceipt = true };
        ImportException error = Scene.Fails<ImportException>(b, () => MigrationTests.Import(b, package, request: request));
        Assert.Equal(ImportFault.PasswordNeeded, error.Fault);
        Assert.Contains("for the receipt", error.Message, StringComparison.Ordinal);
        MigrationTests.Import(b, package, request: request with { WantsReceipt = false });
    }

    private static TpmCc[] Commands(Machine machine, MigrationPackage package, bool wantsReceipt)
    {
        RecordingTransport? recording = null;
        return machine.Run(
            loader =>
            {
                using var none = new KeyPasswords();
                var importer = new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer, Force = true, WantsReceipt = wantsReceipt }, none);
                importer.Import(package);
                Assert.Equal(wantsReceipt, importer.Receipt != null);
                loader.Dispose();
                return recording!.Exchanges.Select(e => (TpmCc)BitConverter.ToUInt32([.. e.Command.Skip(6).Take(4).Reverse()], 0)).ToArray();
            },
            decorate: inner => recording = new RecordingTransport(inner));
    }
}
