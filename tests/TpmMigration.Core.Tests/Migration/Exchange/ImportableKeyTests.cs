using System;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using Xunit;

namespace TpmMigration.Tests.Migration.Exchange;

/// <summary>What is refused of single keys, and what stays as it was.</summary>
public sealed class ImportableKeyTests
{
    [Fact]
    public void A_key_comes_back_from_its_file_with_its_policy_and_its_parent()
    {
        using var a = new Machine();
        using var b = new Machine();
        b.Create("vault", KeyRole.Storage);
        b.Create("site", KeyRole.Storage);
        TpmKeyFile file = TpmKeyFile.FromPem(Export(a, b.Destination()).ToPem());

        StoredKey key = Import(b, file);

        Assert.Null(key.Record.Parent.KeyName);
        Assert.Equal(KeyPolicies.MigratableBranch.Select(s => s.CommandCode), Assert.Single(key.Record.PolicyBranches).Select(s => s.CommandCode));
        Assert.Equal(file.Public, b.Store.Find("k")!.Require().KeyFile.Public);
    }

    [Fact]
    public void A_persistent_storage_key_of_the_store_is_found_by_the_handle_that_a_file_names()
    {
        using var a = new Machine();
        using var b = new Machine();
        b.Run(loader => KeyCreator.Create(loader, new NewKey { Name = "site", Role = KeyRole.Storage, Algorithm = KeyAlgorithm.EccP256, Persist = true }, new KeyPasswords()));
        TpmKeyFile file = Export(a, b.Destination("site"));
        Assert.Equal(StoredKeys.NoParentForOthers, file.Parent);

        StoredKey key = Import(b, file with { Parent = 0x81000100 });

        Assert.Equal("site", key.Record.Parent.KeyName);
        KeyException missing = Scene.Fails<KeyException>(b, () => Import(b, file with { Parent = 0x81000555 }, "other"));
        Assert.Equal(KeyFault.ParentMissing, missing.Fault);
    }

    [Fact]
    public void A_key_for_another_machine_is_refused()
    {
        using var a = new Machine();
        using var b = new Machine();
        using var c = new Machine();
        TpmKeyFile file = Export(a, b.Destination());
        Scene.Fails<PackageIntegrityException>(c, () => Import(c, file));
    }

    [Theory]
    [InlineData("public")]
    [InlineData("duplicate")]
    [InlineData("seed")]
    public void An_altered_key_is_refused(string part)
    {
        using var a = new Machine();
        using var b = new Machine();
        TpmKeyFile file = Export(a, b.Destination());
        byte[] Flip(byte[] bytes) => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)];
        TpmKeyFile altered = part switch
        {
            "public" => file with { Public = Flip(file.Public) },
            "duplicate" => file with { Private = Flip(file.Private) },
            _ => file with { Secret = Flip(file.Secret!) },
        };
        Scene.Fails<PackageIntegrityException>(b, () => Import(b, altered));
    }

    [Fact]
    public void A_key_with_a_password_is_proven_with_it_or_stored_without_proof_where_that_is_asked_for()
    {
        using var a = new Machine();
        using var b = new Machine();
        TpmKeyFile file = Export(a, b.Destination(), "secret");
        Assert.Equal(ImportFault.PasswordNeeded, Scene.Fails<ImportException>(b, () => Import(b, file)).Fault);
        Scene.Fails<KeyAuthorizationException>(b, () => Import(b, file, password: "wrong"));
        Assert.True(Import(b, file, "unproven", skipProof: true).HasPassword());
        Assert.True(Import(b, file, "proven", password: "secret").HasPassword());
    }

    [Fact]
    public void A_name_that_is_taken_is_refused_unless_the_key_is_to_be_replaced()
    {
        using var a = new Machine();
        using var b = new Machine();
        b.Create("k");
        TpmKeyFile file = Export(a, b.Destination());
        Assert.Equal(KeyStoreFault.KeyExists, Scene.Fails<KeyStoreException>(b, () => Import(b, file)).Fault);
        b.Run(loader => new ImportableKeyImporter(loader, new ImportableKeyRequest { Name = "k", Force = true }, new KeyPasswords()).Import(file));
        Assert.Equal(file.Public, b.Store.Find("k")!.Require().KeyFile.Public);
    }

    [Fact]
    public void A_key_file_that_is_loadable_already_is_refused()
    {
        using var a = new Machine();
        TpmKeyFile file = a.Create("other").KeyFile;
        Assert.Equal(KeyFileFault.UnknownKind, Scene.Fails<KeyFileException>(a, () => Import(a, file)).Fault);
    }

    [Fact]
    public void Policies_for_the_use_of_a_key_stay_with_it()
    {
        using var a = new Machine();
        using var b = new Machine();
        TpmKeyFile file = Export(a, b.Destination()) with { AuthPolicies = [new TpmAuthPolicy("later", KeyPolicies.MigratableBranch)], Description = "of the gateway" };
        Import(b, TpmKeyFile.FromPem(file.ToPem()));
        StoredKey stored = b.Store.Find("k")!.Require();
        Assert.Equal("later", Assert.Single(stored.KeyFile.AuthPolicies!).Name);
        Assert.Equal("of the gateway", stored.Record.Description);
    }

    [Fact]
    public void Only_a_single_key_without_children_becomes_a_file()
    {
        using var scene = new Scene();
        Assert.Throws<ArgumentException>(() => KeyExchange.ToImportable(scene.Package));
        Assert.Throws<ArgumentException>(() => KeyExchange.RequireSingle(scene.Source.Store, ["k", "other"], false));
        Assert.Equal(KeyFault.HasChildren, Assert.Throws<KeyException>(() => KeyExchange.RequireSingle(scene.Source.Store, ["k"], true)).Fault);
        KeyExchange.RequireSingle(scene.Source.Store, ["k"], false);
        KeyExchange.RequireSingle(scene.Source.Store, ["child"], true);
    }

    [Theory]
    [InlineData(new byte[] { }, KeyFileFault.SizeMismatch)]
    [InlineData(new byte[] { 0 }, KeyFileFault.SizeMismatch)]
    [InlineData(new byte[] { 0, 2, 1 }, KeyFileFault.SizeMismatch)]
    [InlineData(new byte[] { 0, 1, 1, 1 }, KeyFileFault.SizeMismatch)]
    [InlineData(new byte[] { 0, 0 }, KeyFileFault.BadValue)]
    public void Three_files_are_each_one_sized_buffer_with_content(byte[] bad, KeyFileFault fault)
    {
        byte[] good = [0, 1, 7];
        Assert.Equal(good, new DuplicateFiles(good, good, good).ToImportable().Secret);
        foreach (DuplicateFiles files in new DuplicateFiles[] { new(bad, good, good), new(good, bad, good), new(good, good, bad) })
            Assert.Equal(fault, Assert.Throws<KeyFileException>(files.ToImportable).Fault);
    }

    private static TpmKeyFile Export(Machine machine, MigrationDestination destination, string password = "")
    {
        KeyPasswords passwords = Machine.Password(key: password);
        machine.Create("k", passwords: passwords);
        return KeyExchange.ToImportable(MigrationTests.Export(machine, destination, ["k"], [machine.Approve("k", destination)], passwords));
    }

    private static StoredKey Import(Machine machine, TpmKeyFile file, string name = "k", string password = "", bool skipProof = false)
    {
        KeyPasswords passwords = Machine.Password(key: password);
        return machine.Run(loader => new ImportableKeyImporter(loader, new ImportableKeyRequest { Name = name, SkipProof = skipProof }, passwords).Import(file), passwords);
    }
}
