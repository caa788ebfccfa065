using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using System.Text;
using TpmMigration.Keys;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Keys.Data;

/// <summary>Data of keys in the store of one machine.</summary>
public sealed class KeyDataTests : IDisposable
{
    private readonly Machine _machine = new();

    public KeyDataTests() => _machine.Create("k");

    private StoredKey Key => _machine.Store.Find("k")!.Require();

    private string DataPath => Path.Combine(_machine.StorePath, "k.data");

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void What_was_stored_is_listed_without_a_TPM_and_given_out_with_it()
    {
        byte[] content = SecretBytes.Random(1024 * 1024 + 7);
        Put("a.bin", content);
        Put("password", Encoding.UTF8.GetBytes("geheim"), KeyDataType.KeyPassword);

        Assert.Equal([("Data", "a.bin", content.Length), ("KeyPassword", "password", 6)], KeyDataVault.List(_machine.Store, Key).Select(i => (i.Type, i.Name, i.Length)));
        Assert.Equal(content, Get("A.BIN"));
        Assert.Equal("geheim", Encoding.UTF8.GetString(Get("password")));
    }

    [Fact]
    public void The_store_holds_no_content_in_the_clear()
    {
        byte[] content = Encoding.ASCII.GetBytes("a content that can be searched for");
        Put("a", content);
        Assert.True(File.Exists(DataPath));
        Assert.All(Directory.GetFiles(_machine.StorePath), file => Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(content)));
        Assert.NotEqual(-1, File.ReadAllBytes(DataPath).AsSpan().IndexOf(Encoding.ASCII.GetBytes("application/test")));
    }

    [Fact]
    public void Neither_data_key_nor_content_crosses_the_bus()
    {
        byte[] content = Encoding.ASCII.GetBytes("a content that can be searched for");
        var recordings = new List<RecordingTransport>();
        _machine.Run(Storing, decorate: Record);
        byte[] dataKey = _machine.Run(
            loader =>
            {
                using StoreDataKey key = StoreDataKey.Find(loader)!;
                return (byte[])key.Secret.Clone();
            },
            decorate: Record);
        _machine.Run(loader => WithVault(loader, vault => vault.Get(Key, "a").Content), decorate: Record);

        byte[][] frames = recordings.SelectMany(r => r.Exchanges).SelectMany(e => new[] { e.Command, e.Response ?? [] }).ToArray();
        Assert.Equal(32, dataKey.Length);
        Assert.DoesNotContain(frames, frame => frame.AsSpan().IndexOf(dataKey) >= 0);
        Assert.DoesNotContain(frames, frame => frame.AsSpan().IndexOf(content) >= 0);

        // The control: without a session the same key is seen at once.
        recordings.Clear();
        _machine.Run(
            loader =>
            {
                TpmKeyFile file = TpmKeyFile.FromPem(loader.Store.FindDataKey(loader.StorageRoot.Handle.Name)!);
                TpmObject sealedKey = loader.Load("data key", loader.StorageRoot, TpmtPublic.UnmarshalSized(file.Public), file.Private[2..], hasPassword: false);
                byte[] secret = loader.Device.Execute(new Unseal { ItemHandle = sealedKey.Handle }, TpmAuthorization.Empty);
                loader.Device.Flush(sealedKey.Handle);
                return secret;
            },
            decorate: Record);
        Assert.Contains(recordings.SelectMany(r => r.Exchanges), e => e.Response.AsSpan().IndexOf(dataKey) >= 0);

        bool Storing(KeyLoader loader) => WithVault(loader, vault =>
        {
            vault.Put(Key, new KeyData("Data", "a", "application/test", (byte[])content.Clone()), replace: false);
            return true;
        });
        ITpmTransport Record(ITpmTransport inner)
        {
            var recording = new RecordingTransport(inner);
            recordings.Add(recording);
            return recording;
        }
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void The_data_key_is_a_file_of_sealed_data_that_only_its_owner_reads()
    {
        Put("a", [1]);
        string file = Assert.Single(Directory.GetFiles(_machine.StorePath, ".datakey-*"));
        TpmKeyFile key = TpmKeyFile.Load(file);
        Assert.Equal(TpmKeyFileKind.Sealed, key.Kind);
        TpmtPublic area = TpmtPublic.UnmarshalSized(key.Public);
        Assert.True(area.Has(TpmaObject.FixedTpm | TpmaObject.FixedParent));
        Assert.True((File.GetUnixFileMode(file) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) == 0);
    }

    [Fact]
    public void A_name_that_is_taken_is_refused_unless_it_is_to_be_replaced()
    {
        Put("a", [1]);
        Assert.Equal(KeyDataFault.Exists, Assert.Throws<KeyDataException>(() => Put("A", [2])).Fault);
        Assert.Equal([1], Get("a"));
        Put("A", [2], replace: true);
        Assert.Equal([2], Get("a"));
        Assert.Single(KeyDataVault.List(_machine.Store, Key));
    }

    [Fact]
    public void Data_that_was_removed_is_gone_and_the_last_takes_the_file_along()
    {
        Put("a", [1]);
        Put("b", [2]);
        KeyDataVault.Remove(_machine.Store, Key, ["A"]);
        Assert.Equal([2], Get("b"));
        Assert.Equal(KeyDataFault.NotFound, Assert.Throws<KeyDataException>(() => Get("a")).Fault);
        Assert.Equal(KeyDataFault.NotFound, Assert.Throws<KeyDataException>(() => KeyDataVault.Remove(_machine.Store, Key, ["a"])).Fault);
        KeyDataVault.Remove(_machine.Store, Key, ["b"]);
        Assert.False(File.Exists(DataPath));
    }

    [Fact]
    public void A_key_that_is_removed_takes_its_data_along()
    {
        Put("a", [1]);
        _machine.Run(loader =>
        {
            KeyRemover.Remove(loader, ["k"], new KeyPasswords());
            return true;
        });
        Assert.False(File.Exists(DataPath));
        _machine.Create("k");
        Assert.Empty(KeyDataVault.List(_machine.Store, Key));
    }

    [Fact]
    public void A_key_replaced_by_itself_keeps_its_data_and_by_another_loses_it()
    {
        Put("a", [1]);
        _machine.Store.Commit([KeyChange.Replace(Key.Record with { Description = "anew" }, Key.KeyFile)]);
        Assert.Equal([1], Get("a"));

        StoredKey other = _machine.Create("other");
        _machine.Store.Commit([KeyChange.Replace(other.Record with { Name = "k" }, other.KeyFile)]);
        Assert.False(File.Exists(DataPath));
    }

    [Fact]
    public void Any_byte_of_the_data_file_that_changes_is_noticed()
    {
        Put("a", [1, 2, 3]);
        byte[] good = File.ReadAllBytes(DataPath);
        for (int i = 0; i < good.Length; i++)
        {
            byte[] bad = (byte[])good.Clone();
            bad[i] ^= 1;
            File.WriteAllBytes(DataPath, bad);
            Assert.Equal(KeyDataFault.Damaged, Assert.Throws<KeyDataException>(() => _machine.Store.ReadData(Key, _ => true)).Fault);
        }
        foreach (byte[] bad in new[] { good[..^1], [.. good, 0], [], good[..10] })
        {
            File.WriteAllBytes(DataPath, bad);
            Assert.Equal(KeyDataFault.Damaged, Assert.Throws<KeyDataException>(() => KeyDataVault.List(_machine.Store, Key)).Fault);
        }
        Assert.Equal(KeyDataFault.Damaged, Assert.Throws<KeyDataException>(() => Put("b", [1])).Fault);
        KeyDataVault.RemoveAll(_machine.Store, Key);
        Put("b", [1]);
        Assert.Equal([1], Get("b"));
    }

    [Fact]
    public void Whoever_relabels_data_and_mends_the_checksums_does_not_get_past_the_seal()
    {
        Put("a", [1, 2, 3]);
        KeyDataFile file = _machine.Store.ReadData(Key, _ => true)!;
        SealedKeyData item = file.Items[0];
        SealedKeyData[] altered =
        [
            item with { Info = item.Info with { Type = KeyDataType.KeyPassword } },
            item with { Info = item.Info with { Name = "b" } },
            item with { Info = item.Info with { MediaType = "text/plain" } },
            item with { Content = [.. item.Content[..^1], (byte)(item.Content[^1] ^ 1)] },
        ];
        foreach (SealedKeyData other in altered)
        {
            File.WriteAllBytes(DataPath, (file with { Items = [other] }).Write());
            Assert.Equal(KeyDataFault.Damaged, Assert.Throws<KeyDataException>(() => Get(other.Info.Name)).Fault);
        }
    }

    [Fact]
    public void Data_of_one_key_does_not_serve_another()
    {
        Put("a", [1, 2, 3]);
        StoredKey other = _machine.Create("other");
        string otherPath = Path.Combine(_machine.StorePath, "other.data");
        File.Copy(DataPath, otherPath);
        Assert.Equal(KeyDataFault.Damaged, Assert.Throws<KeyDataException>(() => KeyDataVault.List(_machine.Store, other)).Fault);
        File.WriteAllBytes(otherPath, (_machine.Store.ReadData(Key, _ => true)! with { KeyTpmName = other.PublicArea().Name }).Write());
        Assert.Equal(KeyDataFault.Damaged, Assert.Throws<KeyDataException>(() => Get("a", other)).Fault);
    }

    [Fact]
    public void Another_TPM_does_not_open_the_data()
    {
        Put("a", [1, 2, 3]);
        using var other = new Machine();
        Assert.Equal(KeyDataFault.NotReadable, Assert.Throws<KeyDataException>(() => other.Run(loader => WithVault(loader, v => v.Get(Key, "a").Content), store: _machine.Store)).Fault);

        string file = Assert.Single(Directory.GetFiles(_machine.StorePath, ".datakey-*"));
        string foreign = other.Run(loader => _machine.Store.DataKeyPath(loader.StorageRoot.Handle.Name));
        File.Copy(file, foreign);
        Assert.Equal(KeyDataFault.NotReadable, Assert.Throws<KeyDataException>(() => other.Run(loader => WithVault(loader, v => v.Get(Key, "a").Content), store: _machine.Store)).Fault);
    }

    [Fact]
    public void A_store_without_its_data_key_says_so()
    {
        Put("a", [1, 2, 3]);
        string file = Assert.Single(Directory.GetFiles(_machine.StorePath, ".datakey-*"));
        File.Delete(file);
        Assert.Equal(KeyDataFault.NotReadable, Assert.Throws<KeyDataException>(() => Get("a")).Fault);
        // A new data key is no help for what the old one encrypted, and must not be mixed with it.
        Assert.Equal(KeyDataFault.NotReadable, Assert.Throws<KeyDataException>(() => Put("b", [1])).Fault);
        File.WriteAllText(file, "no key file");
        Assert.Equal(KeyDataFault.NotReadable, Assert.Throws<KeyDataException>(() => Get("a")).Fault);
    }

    [Fact]
    public void A_store_full_of_data_says_so_and_stays_as_it_was()
    {
        Put("a", [1]);
        byte[] before = File.ReadAllBytes(DataPath);
        Assert.Equal(KeyDataFault.TooLarge, Assert.Throws<KeyDataException>(() => new KeyData("Data", "b", "", new byte[KeyDataInfo.MostBytes + 1])).Fault);
        KeyDataFile file = _machine.Store.ReadData(Key, _ => true)!;
        KeyDataFile tooMany = file with { Items = [.. Enumerable.Range(0, KeyDataFile.MostItems + 1).Select(i => file.Items[0] with { Info = file.Items[0].Info with { Name = $"n{i}" } })] };
        Assert.Equal(KeyDataFault.TooLarge, Assert.Throws<KeyDataException>(() => _machine.Store.Commit([KeyChange.EditData(Key, _ => tooMany)])).Fault);
        Assert.Equal(before, File.ReadAllBytes(DataPath));
    }

    [Fact]
    public void A_data_file_without_its_key_is_told_as_a_damaged_key_and_can_be_removed()
    {
        Put("a", [1]);
        File.Delete(Path.Combine(_machine.StorePath, "k.pem"));
        File.Delete(Path.Combine(_machine.StorePath, "k.xml"));
        Assert.True(_machine.Store.Find("k")!.IsDamaged);
        _machine.Store.Commit([KeyChange.Delete("k")]);
        Assert.False(File.Exists(DataPath));
    }

    [Fact]
    public void Sixteen_mebibytes_take_seconds_at_most()
    {
        byte[] content = SecretBytes.Random(16 * 1024 * 1024);
        var watch = Stopwatch.StartNew();
        Put("large", content);
        Assert.Equal(content, Get("large"));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"It took {watch.Elapsed}.");
    }

    private void Put(string name, byte[] content, string type = KeyDataType.Data, bool replace = false) => _machine.Run(loader => WithVault(loader, vault =>
    {
        using var data = new KeyData(type, name, "application/test", (byte[])content.Clone());
        vault.Put(Key, data, replace);
        return true;
    }));

    private byte[] Get(string name, StoredKey? key = null) => _machine.Run(loader => WithVault(loader, vault => vault.Get(key ?? Key, name).Content));

    private static T WithVault<T>(KeyLoader loader, Func<KeyDataVault, T> work)
    {
        using var vault = new KeyDataVault(loader);
        return work(vault);
    }
}
