using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Testing;
using TpmMigration.Tests.Keys.Wrapping;
using TpmMigration.Tests.Packages;
using TpmMigration.Tests.Signatures;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Migration.Confidentiality;

/// <summary>
/// A thief with the package, the right to sign packages, every password, a TPM and any software: all but the TPM of the destination.
/// Each attempt has its control: the same is done where it must succeed.
/// </summary>
public sealed class ThiefTests : IDisposable
{
    private const string KeyPassword = "key-secret-of-the-owner", OwnerPassword = "owner-secret";

    private static readonly byte[] Content = Encoding.ASCII.GetBytes("the content of a file that nobody else may read");

    private readonly Machine _source = new();
    private readonly Machine _target = new();
    private readonly Machine _thief = new();
    private readonly KeyPasswords _passwords = Machine.Password(key: KeyPassword, owner: OwnerPassword), _ofKeys = Machine.Password(key: KeyPassword);
    private readonly byte[] _single, _child;
    private readonly MigrationDestination _destination;
    private readonly MigrationPackage _package;

    public ThiefTests()
    {
        _source.Tpm.Tool("tpm2_changeauth", "-c", "owner", OwnerPassword);
        _source.Run(loader => KeyCreator.Create(loader, new NewKey { Name = "top", Role = KeyRole.Storage, Algorithm = KeyAlgorithm.EccP256 }, Machine.Password(owner: OwnerPassword)), _passwords);
        _single = BringKnownKey("single", null);
        _child = BringKnownKey("child", "top");
        foreach (string key in new[] { "single", "child" })
        {
            Put(key, KeyDataType.KeyPassword, "password", Encoding.UTF8.GetBytes(KeyPassword));
            Put(key, KeyDataType.Data, "file", [.. Content]);
        }
        _destination = _target.Destination();
        _package = Export();
    }

    public void Dispose()
    {
        _passwords.Dispose();
        _ofKeys.Dispose();
        _source.Dispose();
        _target.Dispose();
        _thief.Dispose();
    }

    [Fact]
    public void The_TPM_of_the_destination_opens_all()
    {
        MigrationTests.Import(_target, _package, _ofKeys);
        foreach (string name in new[] { "single", "child" })
        {
            (string, byte[])[] data = _target.Run(loader =>
            {
                using var vault = new KeyDataVault(loader);
                return vault.GetAll(loader.Store.Find(name)!.Require()).Select(d => (d.Info.Name, (byte[])d.Content.Clone())).ToArray();
            });
            Assert.Equal(["password", "file"], data.Select(d => d.Item1));
            Assert.Equal([Encoding.UTF8.GetBytes(KeyPassword), Content], data.Select(d => d.Item2));
        }
    }

    [Fact]
    public void Nothing_secret_stands_in_the_package_in_any_form()
    {
        string text = SignedText.Write(_package);
        byte[][] secrets = [_single, _child, Encoding.UTF8.GetBytes(KeyPassword), Encoding.Unicode.GetBytes(KeyPassword), Encoding.UTF8.GetBytes(OwnerPassword), Content, DataKey(_target, _package)];
        Assert.All(secrets, secret => Assert.Empty(Forms.Find(text, secret)));

        // The control: what does stand in it is found, and a secret would be, in each form and at each alignment.
        Assert.NotEmpty(Forms.Find(text, _package.Keys[0].PublicArea.Point!.X));
        Assert.NotEmpty(Forms.Find(text, _package.Keys[0].PublicArea.Name));
        Assert.NotEmpty(Forms.Find(text, _package.DataKey!.Duplicate));
        foreach (byte[] secret in secrets)
        {
            Assert.NotEmpty(Forms.Find($"<a><b>{Convert.ToHexStringLower(secret)}</b></a>", secret));
            for (int shift = 0; shift < 3; shift++)
            {
                string hidden = Convert.ToBase64String([.. new byte[shift], .. secret, 7, 7]);
                Assert.NotEmpty(Forms.Find($"<a><b>{hidden}</b></a>", secret));
                // Not only by decoding: also where it is no element of its own.
                Assert.NotEmpty(Forms.Find($"<a b=\"{hidden}\"/>", secret));
            }
        }
    }

    [Fact]
    public void Another_TPM_imports_nothing_of_it()
    {
        Assert.Equal(ImportFault.ForAnotherMachine, Scene.Fails<ImportException>(_thief, () => MigrationTests.Import(_thief, _package, _ofKeys)).Fault);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(KeyAlgorithm.Rsa2048)]
    [InlineData(KeyAlgorithm.EccP384)]
    public void A_package_that_the_thief_turned_to_an_own_TPM_and_signed_anew_does_not_open_there(KeyAlgorithm? parent)
    {
        if (parent is { } algorithm) _thief.Create("den", KeyRole.Storage, algorithm);
        MigrationDestination den = _thief.Destination(parent == null ? null : "den");
        MigrationPackage turned = _package with
        {
            Destination = new PackageDestination(PackageDestinationKind.StorageKey, "thief", den.Parent),
            Approvals = [.. _package.Approvals.Select(a => (OwnerApproval)ApprovalDocument.Read(Encoding.UTF8.GetString(a)) with { DestinationName = den.Parent.Name }).Select(a => Encoding.UTF8.GetBytes(ApprovalDocument.Write(a)))],
        };
        _ = _thief.Run(StoreDataKey.Obtain); // So that failed imports leave everything as it was, to the last file.
        PackageKey top = turned.Keys.Single(k => k.Name == "top"), single = turned.Keys.Single(k => k.Name == "single");
        MigrationPackage[] attempts =
        [
            turned,
            turned with { DataKey = null, Keys = [.. turned.Keys.Select(k => k with { Data = [] })] },
            Only(single with { Data = [] }) with { DataKey = null },
            Only(top) with { DataKey = null },
            Only(single),
        ];
        using SoftwareSigner own = SoftwareSigner.Ecdsa();
        foreach (MigrationPackage attempt in attempts)
        {
            string text = SignedText.Write(attempt, own);
            PackageIntegrityException error = Scene.Fails<PackageIntegrityException>(_thief, () => _thief.Run(
                loader => new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer }, _ofKeys).Import(SignedText.Read(text)), _ofKeys));
            Assert.Equal(PackageIntegrityFault.Altered, error.Fault);
        }
        // The control: what is the thief's own, made in the same way, is taken in.
        StoredKey ownKey = _thief.Create("loot");
        MigrationTests.Import(_thief, MigrationTests.Export(_thief, den, ["loot"], [_thief.Approve("loot", den)]), request: new ImportRequest { Trust = Trusted.Signer, NewNames = new Dictionary<string, string> { ["loot"] = "again" } });
        Assert.Equal(ownKey.PublicArea().Name, _thief.Store.Find("again")!.Require().PublicArea().Name);

        MigrationPackage Only(PackageKey key) => turned with
        {
            Keys = [key],
            Approvals = [.. turned.Approvals.Where(a => ((OwnerApproval)ApprovalDocument.Read(Encoding.UTF8.GetString(a))).KeyName == key.Name)],
        };
    }

    [Theory]
    [InlineData("ecc256:null:aes128cfb")]
    [InlineData("rsa2048:null:aes128cfb")]
    public void Tools_of_others_do_not_open_the_data_key_or_a_key_under_another_parent(string parent)
    {
        foreach ((TpmtPublic area, byte[] duplicate, byte[] seed) in Duplicates())
        {
            Write(_thief, area, duplicate, seed);
            _thief.Tpm.Tool("tpm2_createprimary", "-C", "o", "-G", parent, "-g", "sha256", "-a", "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt", "-c", "p.ctx");
            Assert.Throws<ToolFailedException>(() => _thief.Tpm.Tool("tpm2_import", "-C", "p.ctx", "-u", "k.pub", "-r", "k.priv", "-i", "k.dup", "-s", "k.seed"));
            _thief.Tpm.Tool("tpm2_flushcontext", "-t");
        }
        // The child's private part, taken for what it would be under the parent at hand.
        PackageKey child = _package.Keys.Single(k => k.Name == "child");
        File.WriteAllBytes(Path.Combine(_thief.Tpm.WorkDirectory, "k.pub"), child.PublicArea.MarshalSized());
        File.WriteAllBytes(Path.Combine(_thief.Tpm.WorkDirectory, "k.priv"), TpmWriter.Write(w => w.WriteTpm2b(((ChildBlob)child.Blob).Private)));
        Assert.Throws<ToolFailedException>(() => _thief.Tpm.Tool("tpm2_load", "-C", "p.ctx", "-u", "k.pub", "-r", "k.priv", "-c", "k.ctx"));
        _thief.Tpm.Tool("tpm2_flushcontext", "-t");

        // The control: the destination's TPM takes each in by the same tools.
        foreach ((TpmtPublic area, byte[] duplicate, byte[] seed) in Duplicates())
        {
            Write(_target, area, duplicate, seed);
            _target.Tpm.Tool("tpm2_createprimary", "-C", "o", "-G", "ecc256:null:aes128cfb", "-g", "sha256", "-a", "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt", "-c", "p.ctx");
            _target.Tpm.Tool("tpm2_import", "-C", "p.ctx", "-u", "k.pub", "-r", "k.priv", "-i", "k.dup", "-s", "k.seed");
            _target.Tpm.Tool("tpm2_flushcontext", "-t");
        }
    }

    [Theory]
    [InlineData("rsa")]
    [InlineData("ecc")]
    [InlineData("ecc384")]
    public void Software_with_another_private_key_opens_nothing(string type)
    {
        SoftwareKey guess = SoftwareKey.Parent(type);
        foreach ((TpmtPublic area, byte[] duplicate, byte[] seed) in Duplicates())
        {
            var wrapped = new WrappedKey(duplicate, seed);
            Assert.ThrowsAny<WrappingIntegrityException>(() => KeyWrap.Unwrap(guess.AsParent, guess.Private, area.Name, wrapped));
            // With a seed of one's choice the destination's key is not asked at all.
            foreach (byte[] chosen in Guesses(32))
                Assert.ThrowsAny<WrappingIntegrityException>(() => OuterWrap.Open(TpmAlgId.Sha256, 128, chosen, area.Name, duplicate));
        }
        // The control: what is wrapped to that key opens with it.
        byte[] sensitive = SoftwareKey.Signing("ecc").Sensitive, name = _package.Keys[0].PublicArea.Name;
        Assert.Equal(sensitive, KeyWrap.Unwrap(guess.AsParent, guess.Private, name, KeyWrap.Wrap(guess.AsParent, name, sensitive)));
    }

    [Fact]
    public void No_key_that_could_be_guessed_opens_the_data()
    {
        byte[] right = DataKey(_target, _package), ofStore = _source.Run(loader => StoreDataKey.Find(loader)!.Secret, _passwords), ofOther = DataKey(_target, Export());
        foreach (PackageKey key in _package.Keys)
        {
            foreach (SealedData item in key.Data)
            {
                var data = new SealedKeyData(new KeyDataInfo(item.Type, item.Name, item.MediaType, item.Length), item.Content);
                Assert.All([.. Guesses(KeyDataCipher.KeySize), ofStore, ofOther], guess => Assert.Null(KeyDataCipher.TryOpen(guess, key.PublicArea.Name, data)));
                Assert.Null(KeyDataCipher.TryOpen(right, _destination.Parent.Name, data));
                using KeyData? opened = KeyDataCipher.TryOpen(right, key.PublicArea.Name, data);
                Assert.NotNull(opened);
            }
        }
    }

    [Fact]
    public void Data_moved_to_another_key_or_package_opens_nowhere_not_even_at_the_destination()
    {
        _ = _target.Run(StoreDataKey.Obtain);
        MigrationPackage other = Export();
        MigrationPackage[] moved =
        [
            _package with { DataKey = other.DataKey },
            _package with { Keys = [.. _package.Keys.Zip(other.Keys, (mine, theirs) => mine with { Data = theirs.Data })] },
            _package with { Keys = [.. _package.Keys.Select(key => key with { Data = _package.Keys.Single(k => k.Name == (key.Name == "child" ? "single" : "child")).Data })] },
        ];
        foreach (MigrationPackage package in moved)
            Assert.Equal(PackageIntegrityFault.Altered, Scene.Fails<PackageIntegrityException>(_target, () => MigrationTests.Import(_target, package, _ofKeys)).Fault);
        MigrationTests.Import(_target, other, _ofKeys);
    }

    /// <summary>A key whose private number the test knows, since it was made in software.</summary>
    private byte[] BringKnownKey(string name, string? parent)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using KeySource source = KeySource.Read(key.ExportPkcs8PrivateKey(), []);
        _source.Run(loader => KeySourceImporter.Import(loader, source, new KeySourceRequest { Name = name, Role = KeyRole.Sign, Parent = parent }, _passwords), _passwords);
        return key.ExportParameters(true).D!;
    }

    private void Put(string key, string type, string name, byte[] content) => _source.Run(
        loader =>
        {
            using var vault = new KeyDataVault(loader);
            using var data = new KeyData(type, name, "", content);
            vault.Put(loader.Store.Find(key)!.Require(), data, replace: false);
            return true;
        },
        _passwords);

    private MigrationPackage Export()
    {
        OwnerApproval[] approvals = [_source.Approve("top", _destination, _passwords), _source.Approve("single", _destination, _passwords)];
        return MigrationTests.Export(_source, _destination, ["top", "single"], approvals, _passwords);
    }

    private static byte[] DataKey(Machine machine, MigrationPackage package) => machine.Run(loader => DataKeyObject.Open(loader, loader.StorageRoot, package.DataKey!));

    private IEnumerable<(TpmtPublic Area, byte[] Duplicate, byte[] Seed)> Duplicates() => _package.Keys
        .Where(k => k.Blob is MigrationBlob).Select(k => (k.PublicArea, ((MigrationBlob)k.Blob).Duplicate, ((MigrationBlob)k.Blob).EncryptedSeed))
        .Append((_package.DataKey!.PublicArea, _package.DataKey.Duplicate, _package.DataKey.EncryptedSeed));

    private IEnumerable<byte[]> Guesses(int size)
    {
        yield return new byte[size];
        yield return [.. Enumerable.Repeat((byte)0xFF, size)];
        byte[][] known =
        [
            Encoding.UTF8.GetBytes(KeyPassword), Encoding.UTF8.GetBytes(OwnerPassword), _package.Id.ToByteArray(), _package.DataKey!.PublicArea.Marshal(), _package.DataKey.PublicArea.Unique,
            _package.DataKey.Duplicate, _package.DataKey.EncryptedSeed, _destination.Parent.Marshal(), _destination.Parent.Name, _package.Source.Name, .. _package.Keys.Select(k => k.PublicArea.Name),
        ];
        foreach (byte[] bytes in known)
        {
            yield return SHA256.HashData(bytes)[..size];
            if (bytes.Length >= size) yield return bytes[..size];
            if (bytes.Length >= size) yield return bytes[^size..];
        }
    }

    private static void Write(Machine machine, TpmtPublic area, byte[] duplicate, byte[] seed)
    {
        string work = machine.Tpm.WorkDirectory;
        File.WriteAllBytes(Path.Combine(work, "k.pub"), area.MarshalSized());
        File.WriteAllBytes(Path.Combine(work, "k.dup"), TpmWriter.Write(w => w.WriteTpm2b(duplicate)));
        File.WriteAllBytes(Path.Combine(work, "k.seed"), TpmWriter.Write(w => w.WriteTpm2b(seed)));
    }
}
