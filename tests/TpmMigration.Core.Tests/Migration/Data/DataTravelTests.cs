using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tests.Packages;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Migration.Data;

/// <summary>Data of keys goes from machine to machine with them.</summary>
public sealed class DataTravelTests : IDisposable
{
    private static readonly byte[] Content = Encoding.ASCII.GetBytes("a content that can be searched for");

    private readonly Machine _source = new();
    private readonly Machine _target = new();

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(KeyAlgorithm.EccP384)]
    [InlineData(KeyAlgorithm.Rsa2048)]
    public void Data_of_a_key_and_of_its_children_arrives(KeyAlgorithm? newParent)
    {
        _source.Create("top", KeyRole.Storage);
        _source.Create("leaf", parent: "top", movesWithParent: true);
        byte[] large = SecretBytes.Random(1024 * 1024);
        Put(_source, "top", "a", Content);
        Put(_source, "leaf", "password", Encoding.UTF8.GetBytes("geheim"), KeyDataType.KeyPassword);
        Put(_source, "leaf", "b", large, "vendor.Thing");
        if (newParent is { } algorithm) _target.Create("parent", KeyRole.Storage, algorithm);
        MigrationDestination destination = _target.Destination(newParent == null ? null : "parent");

        MigrationTests.Import(_target, Export(destination, "top"));

        Assert.Equal(Content, Get(_target, "top", "a"));
        Assert.Equal("geheim", Encoding.UTF8.GetString(Get(_target, "leaf", "password")));
        Assert.Equal(large, Get(_target, "leaf", "b"));
        Assert.Equal(["KeyPassword", "vendor.Thing"], KeyDataVault.List(_target.Store, Key(_target, "leaf")).Select(i => i.Type));
    }

    [Fact]
    public void Data_goes_on_to_a_third_machine_under_another_name_of_its_key()
    {
        _source.Create("k");
        Put(_source, "k", "a", Content);
        MigrationTests.Import(_target, Export(_target.Destination(), "k"), request: new ImportRequest { Trust = Trusted.Signer, NewNames = new Dictionary<string, string> { ["k"] = "renamed" } });
        using var third = new Machine();
        MigrationDestination destination = third.Destination();
        MigrationTests.Import(third, MigrationTests.Export(_target, destination, ["renamed"], [_target.Approve("renamed", destination)]));
        Assert.Equal(Content, Get(third, "renamed", "a"));
    }

    [Fact]
    public void A_package_without_data_has_no_data_key()
    {
        _source.Create("k");
        MigrationPackage package = Export(_target.Destination(), "k");
        Assert.Null(package.DataKey);
        MigrationTests.Import(_target, package);
        Assert.Empty(Directory.GetFiles(_target.StorePath, ".datakey*"));
    }

    [Fact]
    public void Each_package_has_a_data_key_of_its_own_that_every_TPM_takes_in_like_a_key()
    {
        _source.Create("k");
        Put(_source, "k", "a", Content);
        MigrationPackage[] packages = [Export(_target.Destination(), "k"), Export(_target.Destination(), "k")];
        Assert.NotEqual(packages[0].DataKey!.PublicArea.Unique, packages[1].DataKey!.PublicArea.Unique);

        // tpm2-tools open it: what we wrap in software is what the specification says.
        PackageDataKey key = packages[0].DataKey!;
        string work = _target.Tpm.WorkDirectory;
        File.WriteAllBytes(Path.Combine(work, "key.pub"), key.PublicArea.MarshalSized());
        File.WriteAllBytes(Path.Combine(work, "key.dup"), TpmWriter.Write(w => w.WriteTpm2b(key.Duplicate)));
        File.WriteAllBytes(Path.Combine(work, "key.seed"), TpmWriter.Write(w => w.WriteTpm2b(key.EncryptedSeed)));
        _target.Tpm.Tool("tpm2_createprimary", "-C", "o", "-G", "ecc256:null:aes128cfb", "-g", "sha256", "-a", "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt", "-c", "srk.ctx");
        _target.Tpm.Tool("tpm2_import", "-C", "srk.ctx", "-u", "key.pub", "-r", "key.priv", "-i", "key.dup", "-s", "key.seed");
        _target.Tpm.Tool("tpm2_flushcontext", "-t");
        _target.Tpm.Tool("tpm2_load", "-C", "srk.ctx", "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx");
        _target.Tpm.Tool("tpm2_flushcontext", "-t");
        _target.Tpm.Tool("tpm2_unseal", "-c", "key.ctx", "-o", "secret");
        _target.Tpm.Tool("tpm2_flushcontext", "-t");
        Assert.Equal(32, new FileInfo(Path.Combine(work, "secret")).Length);

        // With that key, and no other, AES-GCM of .NET opens what the package holds.
        SealedData item = Assert.Single(packages[0].Keys[0].Data);
        using KeyData? opened = KeyDataCipher.TryOpen(
            File.ReadAllBytes(Path.Combine(work, "secret")), packages[0].Keys[0].PublicArea.Name,
            new SealedKeyData(new KeyDataInfo(item.Type, item.Name, item.MediaType, item.Length), item.Content));
        Assert.Equal(Content, opened!.Content);
    }

    [Fact]
    public void Altered_data_stops_the_whole_import()
    {
        _source.Create("k");
        _source.Create("other");
        Put(_source, "k", "a", Content);
        MigrationDestination destination = _target.Destination();
        MigrationPackage good = MigrationTests.Export(_source, destination, ["other", "k"], [_source.Approve("k", destination), _source.Approve("other", destination)]);
        PackageKey key = good.Keys[1];
        SealedData item = Assert.Single(key.Data);
        PackageDataKey dataKey = good.DataKey!;
        (string What, MigrationPackage Package)[] altered =
        [
            ("content", With(item with { Content = Flip(item.Content, 20) })),
            ("name", With(item with { Name = "b" })),
            ("type", With(item with { Type = KeyDataType.KeyPassword })),
            ("media type", With(item with { MediaType = "text/html" })),
            ("another key's", good with { Keys = [good.Keys[0] with { Data = key.Data }, key with { Data = [] }] }),
            ("duplicate", good with { DataKey = dataKey with { Duplicate = Flip(dataKey.Duplicate, 40) } }),
            ("seed", good with { DataKey = dataKey with { EncryptedSeed = Flip(dataKey.EncryptedSeed, 10) } }),
            ("data key", good with { DataKey = dataKey with { PublicArea = Scene.Altered(dataKey.PublicArea, TpmaObject.AdminWithPolicy) } }),
            ("a key for the data key", good with { DataKey = dataKey with { PublicArea = key.PublicArea } }),
        ];
        _ = _target.Run(StoreDataKey.Obtain); // So that failed imports leave everything as it was, to the last file.
        foreach ((string what, MigrationPackage package) in altered)
        {
            PackageIntegrityException error = Scene.Fails<PackageIntegrityException>(_target, () => MigrationTests.Import(_target, package));
            Assert.True(error.Fault == PackageIntegrityFault.Altered, what);
            Assert.DoesNotContain("searched", error.Message, StringComparison.Ordinal);
        }
        MigrationTests.Import(_target, good);
        Assert.Equal(Content, Get(_target, "k", "a"));

        MigrationPackage With(SealedData other) => good with { Keys = [good.Keys[0], key with { Data = [other] }] };
    }

    [Fact]
    public void Names_that_the_store_cannot_have_become_names_that_it_can()
    {
        _source.Create("k");
        Put(_source, "k", "a", Content);
        MigrationPackage package = Export(_target.Destination(), "k");
        byte[] secret = OpenByTarget(package);
        PackageKey key = package.Keys[0];
        SealedData[] foreign = [.. new[] { ("Data", "../etc/x"), ("Data", "same"), ("KeyFile", "SAME"), ("Data", "") }.Select(n =>
        {
            var info = new KeyDataInfo(n.Item1, n.Item2, "", Content.Length);
            return new SealedData(info.Type, info.Name, info.MediaType, info.Length, SealForeign(secret, key.PublicArea.Name, info));
        })];

        MigrationTests.Import(_target, package with { Keys = [key with { Data = foreign }] });

        string[] names = [.. KeyDataVault.List(_target.Store, Key(_target, "k")).Select(i => i.Name)];
        Assert.Equal(["__etc_x", "same", "SAME (2)", "data"], names.Select(n => n.Replace("._", "_", StringComparison.Ordinal).Replace(".", "", StringComparison.Ordinal).Replace("___", "__", StringComparison.Ordinal)));
        Assert.All(names, name => Assert.Equal(Content, Get(_target, "k", name)));
    }

    [Fact]
    public void Import_over_the_same_key_keeps_its_data_unless_the_package_brings_other()
    {
        _source.Create("k");
        MigrationPackage without = Export(_target.Destination(), "k");
        Put(_source, "k", "b", [1]);
        MigrationPackage with = Export(_target.Destination(), "k");
        MigrationTests.Import(_target, without);
        Put(_target, "k", "a", Content);
        MigrationTests.Import(_target, without, request: new ImportRequest { Trust = Trusted.Signer, Force = true });
        Assert.Equal(Content, Get(_target, "k", "a"));
        MigrationTests.Import(_target, with, request: new ImportRequest { Trust = Trusted.Signer, Force = true });
        Assert.Equal(["b"], KeyDataVault.List(_target.Store, Key(_target, "k")).Select(i => i.Name));
    }

    [Fact]
    public void Damaged_data_keeps_its_key_out_of_the_package_and_lets_the_others_go()
    {
        _source.Create("k");
        _source.Create("other");
        Put(_source, "k", "a", Content);
        string path = Path.Combine(_source.StorePath, "k.data");
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, Flip(bytes, bytes.Length - 1));
        MigrationDestination destination = _target.Destination();
        MigrationPackage package = _source.Run(loader =>
        {
            using var exporter = new KeyExporter(loader, new ExportRequest { Destination = destination, OwnerReason = "test" }, new KeyPasswords());
            Assert.Equal(KeyDataFault.Damaged, Assert.Throws<KeyDataException>(() => exporter.Add(Key(_source, "k"))).Fault);
            exporter.Add(Key(_source, "other"));
            return exporter.Finish();
        });
        Assert.Equal(["other"], package.Keys.Select(k => k.Name));
    }

    [Fact]
    public void Neither_data_keys_nor_content_cross_the_bus_or_stand_in_the_package()
    {
        _source.Create("k");
        Put(_source, "k", "a", Content);
        MigrationDestination destination = _target.Destination();
        var recordings = new List<RecordingTransport>();
        MigrationPackage package = _source.Run(
            loader =>
            {
                using var exporter = new KeyExporter(loader, new ExportRequest { Destination = destination, OwnerReason = "test" }, new KeyPasswords());
                exporter.Add(Key(_source, "k"));
                return exporter.Finish();
            },
            decorate: Record);
        string text = SignedText.Write(package);
        _target.Run(loader => new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer }, new KeyPasswords()).Import(SignedText.Read(text)), decorate: Record);
        byte[][] secrets = [Content, OpenByTarget(package), StoreKeyOf(_source), StoreKeyOf(_target)];
        Assert.Equal(3, secrets.Skip(1).Select(Convert.ToHexString).Distinct().Count());

        Assert.All(secrets, secret => Assert.Empty(FramesWith(secret)));
        Assert.All(secrets, secret => Assert.DoesNotContain(Convert.ToBase64String(secret)[..20], text, StringComparison.Ordinal));
        // The control: what does cross is found.
        Assert.NotEmpty(FramesWith(package.DataKey!.Duplicate));
        Assert.NotEmpty(FramesWith(package.DataKey!.PublicArea.Unique));

        ITpmTransport Record(ITpmTransport inner)
        {
            var recording = new RecordingTransport(inner);
            recordings.Add(recording);
            return recording;
        }

        byte[][] FramesWith(byte[] needle) => recordings.SelectMany(r => r.Exchanges).SelectMany(e => new[] { e.Command, e.Response ?? [] }).Where(f => f.AsSpan().IndexOf(needle) >= 0).ToArray();
    }

    private byte[] OpenByTarget(MigrationPackage package) => _target.Run(loader => DataKeyObject.Open(loader, loader.StorageRoot, package.DataKey!));

    private static byte[] StoreKeyOf(Machine machine) => machine.Run(loader => StoreDataKey.Find(loader)!.Secret);

    private static byte[] SealForeign(byte[] secret, byte[] tpmName, KeyDataInfo info)
    {
        using var aes = new System.Security.Cryptography.AesGcm(secret, 16);
        byte[] nonce = SecretBytes.Random(12), text = new byte[Content.Length], tag = new byte[16];
        byte[] bound = TpmWriter.Write(w =>
        {
            w.WriteTpm2b(Encoding.ASCII.GetBytes("TPM migration key data 1"));
            w.WriteTpm2b(tpmName);
            w.WriteTpm2b(Encoding.UTF8.GetBytes(info.Type));
            w.WriteTpm2b(Encoding.UTF8.GetBytes(info.Name));
            w.WriteTpm2b(Encoding.UTF8.GetBytes(info.MediaType));
            w.WriteU32((uint)info.Length);
        });
        aes.Encrypt(nonce, Content, text, tag, bound);
        return [.. nonce, .. text, .. tag];
    }

    private MigrationPackage Export(MigrationDestination destination, string name) =>
        MigrationTests.Export(_source, destination, [name], [_source.Approve(name, destination)]);

    private static StoredKey Key(Machine machine, string name) => machine.Store.Find(name)!.Require();

    private static void Put(Machine machine, string key, string name, byte[] content, string type = KeyDataType.Data) => machine.Run(loader =>
    {
        using var vault = new KeyDataVault(loader);
        using var data = new KeyData(type, name, "", (byte[])content.Clone());
        vault.Put(Key(machine, key), data, replace: false);
        return true;
    });

    private static byte[] Get(Machine machine, string key, string name) => machine.Run(loader =>
    {
        using var vault = new KeyDataVault(loader);
        return vault.Get(Key(machine, key), name).Content;
    });

    private static byte[] Flip(byte[] bytes, int at)
    {
        byte[] other = (byte[])bytes.Clone();
        other[at] ^= 1;
        return other;
    }
}
