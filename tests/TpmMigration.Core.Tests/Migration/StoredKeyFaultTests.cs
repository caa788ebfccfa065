using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>Keys of the store that are damaged or have lost their parent: the others are not concerned.</summary>
public sealed class StoredKeyFaultTests : IDisposable
{
    private const string ForeignStructure =
        "-----BEGIN TSS2 PRIVATE KEY-----\nMBMGByqGSM49AgEGCCqGSM49AwEHBAIAAA==\n-----END TSS2 PRIVATE KEY-----\n";

    private readonly Machine _a = new();
    private readonly Machine _b = new();

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }

    [Fact]
    public void A_key_whose_parent_is_not_in_the_store_is_not_exported()
    {
        _a.Create("top", KeyRole.Storage);
        _a.Create("k", parent: "top");
        MigrationDestination destination = _b.Destination();
        OwnerApproval approval = _a.Approve("k", destination);
        _a.Store.Commit([KeyChange.Delete("top")], TestContext.Current.CancellationToken);

        var error = Scene.Fails<KeyException>(_a, () => MigrationTests.Export(_a, destination, ["k"], [approval]));

        Assert.Equal(KeyFault.ParentMissing, error.Fault);
        Assert.Contains("'top'", error.Message, StringComparison.Ordinal);
        Assert.Equal(KeyFault.ParentMissing, Scene.Fails<KeyException>(_a, () => _a.Create("new", parent: "top")).Fault);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_damaged_key_file_is_told_and_the_other_keys_go_on(bool foreign)
    {
        _a.Create("bad");
        _a.Create("good");
        MigrationDestination destination = _b.Destination();
        OwnerApproval[] approvals = [_a.Approve("bad", destination), _a.Approve("good", destination)];
        string path = Path.Combine(_a.StorePath, "bad.pem");
        File.WriteAllText(path, foreign ? ForeignStructure : DifferentKey(path));

        List<(InventoryItem? Item, KeyStoreException? Problem)> all = KeyInventory.OfStore(_a.Store, TestContext.Current.CancellationToken).ToList();

        KeyStoreException problem = Assert.Single(all, e => e.Problem != null).Problem!;
        Assert.Equal((KeyStoreFault.KeyDamaged, "bad"), (problem.Fault, problem.KeyName));
        Assert.Equal(["good"], all.Where(e => e.Item != null).Select(e => e.Item!.Name));
        var error = Scene.Fails<KeyStoreException>(_a, () => MigrationTests.Export(_a, destination, ["bad"], approvals));
        Assert.Equal(KeyStoreFault.KeyDamaged, error.Fault);
        Assert.Single(MigrationTests.Export(_a, destination, ["good"], approvals).Keys);
    }

    [Fact]
    public void A_key_that_is_not_what_the_TPM_made_is_not_loadable()
    {
        StoredKey key = _a.Create("k");
        MigrationDestination destination = _b.Destination();
        OwnerApproval approval = _a.Approve("k", destination);
        byte[] altered = [.. key.KeyFile.Private[..^1], (byte)(key.KeyFile.Private[^1] ^ 1)];
        _a.Store.Commit([KeyChange.Replace(key.Record, key.KeyFile with { Private = altered })], TestContext.Current.CancellationToken);

        var error = Scene.Fails<KeyException>(_a, () => MigrationTests.Export(_a, destination, ["k"], [approval]));

        Assert.Equal(KeyFault.NotLoadable, error.Fault);
    }

    [Fact]
    public void A_key_file_whose_public_part_is_no_TPM_structure_is_told_everywhere()
    {
        StoredKey key = _a.Create("bad");
        _a.Create("good");
        MigrationDestination destination = _b.Destination();
        TpmKeyFile nonsense = key.KeyFile with { Public = [0, 4, 0xFF, 0xFF, 0xFF, 0xFF] };
        _a.Store.Commit([KeyChange.Replace(key.Record, nonsense)], TestContext.Current.CancellationToken);
        using var folder = new TemporaryFolder("key-file-");
        File.WriteAllBytes(folder["bad.pem"], nonsense.ToPem());

        Assert.Equal(KeyFileFault.BadValue, Assert.Throws<KeyFileException>(() => KeyInventory.OfFile(folder["bad.pem"])).Fault);
        List<(InventoryItem? Item, KeyStoreException? Problem)> all = KeyInventory.OfStore(_a.Store, TestContext.Current.CancellationToken).ToList();
        Assert.Equal((KeyStoreFault.KeyDamaged, "bad"), (all[0].Problem!.Fault, all[0].Problem!.KeyName));
        Assert.Equal("good", all[1].Item!.Name);
        var error = Scene.Fails<KeyStoreException>(_a, () => MigrationTests.Export(_a, destination, ["bad"], []));
        Assert.Equal(KeyStoreFault.KeyDamaged, error.Fault);
    }

    [Fact]
    public void Key_files_outside_the_store_say_what_is_wrong_with_them()
    {
        using var folder = new TemporaryFolder("key-file-");
        File.WriteAllText(folder["foreign.pem"], ForeignStructure);
        File.WriteAllText(folder["certificate.pem"], "-----BEGIN CERTIFICATE-----\nMBMGByqGSM49AgEGCCqGSM49AwEHBAIAAA==\n-----END CERTIFICATE-----\n");

        Assert.Contains("foreign.pem", Assert.Throws<KeyFileException>(() => KeyInventory.OfFile(folder["foreign.pem"])).Message, StringComparison.Ordinal);
        Assert.Equal(KeyFileFault.WrongLabel, Assert.Throws<KeyFileException>(() => KeyInventory.OfFile(folder["certificate.pem"])).Fault);
    }

    // A valid key file, but not the one that belongs to the record.
    private static string DifferentKey(string path)
    {
        TpmKeyFile file = TpmKeyFile.Load(path);
        byte[] altered = [.. file.Private[..^1], (byte)(file.Private[^1] ^ 1)];
        return System.Text.Encoding.ASCII.GetString((file with { Private = altered }).ToPem());
    }
}
