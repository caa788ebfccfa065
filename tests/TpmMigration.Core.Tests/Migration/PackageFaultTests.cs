using System;
using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tests.Packages;
using TpmMigration.Tests.Keys.Store;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>Packages that were cut off, altered, or are not for here, and stores that cannot take them.</summary>
public sealed class PackageFaultTests : IDisposable
{
    private static readonly XNamespace Ns = "urn:tpm-migration:package:1";

    private readonly Scene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void A_package_cut_off_anywhere_is_no_package()
    {
        string text = SignedText.Write(_scene.Package).TrimEnd();
        int cuts = 0;
        for (int length = 0; length < text.Length; length += 1 + text.Length / 300, cuts++)
            Assert.Throws<PackageFormatException>(() => SignedText.Read(text[..length]));
        Assert.True(cuts > 200, $"{cuts}");
    }

    [Theory]
    [InlineData("Duplicate")]
    [InlineData("EncryptedSeed")]
    [InlineData("Private")]
    [InlineData("Public")]
    [InlineData("Parent")]
    public void An_altered_element_is_found_out_whichever_byte_it_is(string element)
    {
        int size = Convert.FromBase64String(Document().Descendants(Ns + element).First().Value).Length;
        foreach (int position in new[] { 0, 1, 2, 3, size / 3, size / 2, size - 2, size - 1 })
        {
            XDocument document = Document();
            XElement altered = document.Descendants(Ns + element).First();
            altered.Value = Convert.ToBase64String(Flip(Convert.FromBase64String(altered.Value), position));
            AssertFoundOut(document, $"byte {position} of {size} of {element}");
        }
    }

    [Theory]
    [InlineData("Key", "name")]
    [InlineData("Destination", "parentName")]
    [InlineData("Step", "data")]
    [InlineData("Step", "command")]
    public void An_altered_attribute_is_found_out(string element, string attribute)
    {
        XDocument document = Document();
        XAttribute altered = document.Descendants(Ns + element).Select(e => e.Attribute(attribute)!).First(a => a.Value.Length > 0);
        altered.Value = altered.Value[..^1] + (altered.Value[^1] == '0' ? '1' : '0');
        AssertFoundOut(document, attribute);
    }

    [Fact]
    public void A_public_area_altered_together_with_its_name_is_found_out_by_the_TPM()
    {
        PackageKey top = _scene.Package.Keys[0], child = _scene.Package.Keys[1];
        PackageKey otherTop = top with { PublicArea = Scene.Altered(top.PublicArea, TpmaObject.NoDa) };
        PackageKey otherChild = child with { PublicArea = Scene.Altered(child.PublicArea, TpmaObject.NoDa) };
        foreach (PackageKey[] keys in new PackageKey[][] { [otherTop, child], [top, otherChild] })
        {
            var error = Scene.Fails<PackageIntegrityException>(_scene.Target, () => MigrationTests.Import(_scene.Target, (_scene.Package with { Keys = keys }).Approved()));
            Assert.Contains("altered", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_key_whose_parent_is_missing_in_the_package_is_a_malformed_package()
    {
        XDocument document = Document();
        document.Descendants(Ns + "Key").First().Remove();
        var error = Assert.Throws<PackageFormatException>(() => SignedText.Read(SignedText.Sign(document)));
        Assert.Contains("parent of the key 'child' is missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_for_another_machine_is_not_imported()
    {
        using var other = new Machine();
        var error = Scene.Fails<ImportException>(other, () => MigrationTests.Import(other, _scene.Package));
        Assert.Equal(ImportFault.ForAnotherMachine, error.Fault);
    }

    [Fact]
    public void A_name_that_is_taken_stops_the_import_unless_it_replaces_or_renames()
    {
        _scene.Target.Create("child");
        byte[] old = _scene.Target.Store.Find("child")!.Require().PublicArea().Name;
        var error = Scene.Fails<KeyStoreException>(_scene.Target, () => MigrationTests.Import(_scene.Target, _scene.Package));
        Assert.Equal((KeyStoreFault.KeyExists, "child"), (error.Fault, error.KeyName));

        var rename = new ImportRequest { Trust = Trusted.Signer, NewNames = new Dictionary<string, string> { ["k"] = "k2", ["child"] = "child2" } };
        MigrationTests.Import(_scene.Target, _scene.Package, request: rename);
        Assert.Equal(["child", "child2", "k2", AttestationKey.Name], _scene.Target.StoredNames());
        Assert.Equal("k2", _scene.Target.Store.Find("child2")!.Require().Record.Parent.KeyName);
        Assert.Equal(old, _scene.Target.Store.Find("child")!.Require().PublicArea().Name);

        MigrationTests.Import(_scene.Target, _scene.Package, request: new ImportRequest { Trust = Trusted.Signer, Force = true });
        Assert.Equal(_scene.Package.Keys[1].PublicArea.Name, _scene.Target.Store.Find("child")!.Require().PublicArea().Name);

        var bad = Scene.Fails<KeyStoreException>(_scene.Target, () => MigrationTests.Import(
            _scene.Target, _scene.Package, request: new ImportRequest { Trust = Trusted.Signer, NewNames = new Dictionary<string, string> { ["k"] = "../k", ["child"] = "c" } }));
        Assert.Equal(KeyStoreFault.InvalidName, bad.Fault);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    public void A_full_disk_stops_creation_and_import(int first)
    {
        KeyStore Full(Machine machine) => KeyStore.Open(
            machine.StorePath, new KeyStoreOptions { Files = new FailingStoreFiles(first, FailingStoreFiles.NoSpace) });

        Machine target = _scene.Target, source = _scene.Source;
        var importing = Scene.Fails<KeyStoreException>(target, () => target.Run(
            loader => new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer, Persist = true }, new KeyPasswords()).Import(_scene.Package), store: Full(target)));
        Assert.Equal(KeyStoreFault.DiskFull, importing.Fault);

        if (first > 3) return; // Fewer files are written for one key, and all before the last of them.
        var creating = Scene.Fails<KeyStoreException>(source, () => source.Run(
            loader => KeyCreator.Create(loader, new NewKey { Name = "new", Role = KeyRole.Storage, Algorithm = KeyAlgorithm.EccP256, Persist = true }, new KeyPasswords()), store: Full(source)));
        Assert.Equal(KeyStoreFault.DiskFull, creating.Fault);
    }

    private XDocument Document() => SignedText.Parse(SignedText.Write(_scene.Package));

    private void AssertFoundOut(XDocument document, string what)
    {
        string[] before = Scene.Kept(_scene.Target);
        Exception? error = Record.Exception(() => _scene.Target.Run(
            loader => new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer }, new KeyPasswords()).Import(SignedText.Read(SignedText.Sign(document)))));
        Assert.True(error is PackageIntegrityException or PackageFormatException, $"{what}: {error?.ToString() ?? "not found out"}");
        Assert.Equal(before, Scene.Kept(_scene.Target));
    }

    private static byte[] Flip(byte[] bytes, int position)
    {
        bytes[position] ^= 0x01;
        return bytes;
    }
}
