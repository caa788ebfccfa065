using System;
using System.Formats.Asn1;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Testing;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Interop;

/// <summary>Single keys go to other programs and come from them, in forms that are theirs.</summary>
public sealed class KeyExchangeTests
{
    private static readonly byte[] Message = [1, 2, 3, 4, 5];

    [Theory]
    [InlineData(KeyAlgorithm.EccP256, "ecc256", "")]
    [InlineData(KeyAlgorithm.EccP384, "ecc256", "secret")]
    [InlineData(KeyAlgorithm.Rsa2048, "rsa2048", "")]
    public void The_tpm2_tools_import_our_three_files(KeyAlgorithm algorithm, string parent, string password)
    {
        using Machine b = Workbench.WithStorageRoot(parent);
        DuplicateFiles files = DuplicateFiles.From(ExportTo(b, algorithm, password));
        AssertToolsImport(b.Tpm, files, algorithm, password);
    }

    [Theory]
    [InlineData(KeyAlgorithm.EccP256, "ecc256", 0x40000001u)]
    [InlineData(KeyAlgorithm.Rsa2048, "rsa2048", 0x81000001u)]
    public void Our_importable_key_file_is_by_another_parser_what_the_format_says_and_the_tools_import_what_is_in_it(KeyAlgorithm algorithm, string parent, uint handle)
    {
        using Machine b = Workbench.WithStorageRoot(parent);
        string pem = Encoding.ASCII.GetString(ExportTo(b, algorithm, "secret").ToPem());

        PemFields block = PemEncoding.Find(pem);
        Assert.Equal("TSS2 PRIVATE KEY", pem[block.Label]);
        AsnReader key = new AsnReader(Convert.FromBase64String(pem[block.Base64Data]), AsnEncodingRules.DER).ReadSequence();
        Assert.Equal("2.23.133.10.1.4", key.ReadObjectIdentifier());
        Assert.False(key.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadBoolean());
        byte[] seed = key.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 2)).ReadOctetString();
        Assert.Equal(handle, key.ReadInteger());
        byte[] publicArea = key.ReadOctetString();
        byte[] duplicate = key.ReadOctetString();
        key.ThrowIfNotEmpty();

        AssertToolsImport(b.Tpm, new DuplicateFiles(publicArea, duplicate, seed), algorithm, "secret");
    }

    [Theory]
    [InlineData("rsa2048", "secret", false)]
    [InlineData("ecc256", "", true)]
    [InlineData("ecc384", "secret", true)]
    public void Three_files_of_the_tpm2_tools_come_in_and_OpenSSL_signs_with_the_key(string algorithm, string password, bool persistentRoot)
    {
        using Machine a = Workbench.WithStorageRoot();
        using Machine b = persistentRoot ? Workbench.WithStorageRoot() : new Machine();
        DuplicateFiles files = DuplicateByTools(a.Tpm, b.Destination(), algorithm, password, ourPolicy: true);

        StoredKey key = Import(b, files.ToImportable(), password);

        Assert.Equal(KeyKind.Migratable, KeyClassification.Of(key.PublicArea(), key.Record.PolicyBranches).Kind);
        AssertOpenSslSigns(b, files.Public, password);
    }

    [Theory]
    [InlineData("rsa2048", "", true)]
    [InlineData("ecc256", "secret", false)]
    public void An_importable_key_file_of_another_program_comes_in_and_OpenSSL_signs_with_the_key(string algorithm, string password, bool saysWhetherThereIsAPassword)
    {
        using Machine a = Workbench.WithStorageRoot();
        using var b = new Machine();
        DuplicateFiles files = DuplicateByTools(a.Tpm, b.Destination(), algorithm, password, ourPolicy: true);

        Import(b, TpmKeyFile.FromPem(WriteImportable(files, saysWhetherThereIsAPassword ? password.Length == 0 : null)), password);

        AssertOpenSslSigns(b, files.Public, password);
    }

    [Fact]
    public void A_key_whose_policy_is_not_known_comes_in_with_it_and_is_shown_as_such()
    {
        using Machine a = Workbench.WithStorageRoot();
        using var b = new Machine();
        DuplicateFiles files = DuplicateByTools(a.Tpm, b.Destination(), "ecc256", "secret", ourPolicy: false);

        StoredKey key = Import(b, files.ToImportable(), "secret");

        TpmtPublic publicArea = b.Store.Find("k")!.Require().PublicArea();
        Assert.Equal(TpmtPublic.UnmarshalSized(files.Public).AuthPolicy, publicArea.AuthPolicy);
        Assert.Equal(KeyKind.UnknownPolicy, KeyClassification.Of(publicArea, key.Record.PolicyBranches).Kind);
        AssertOpenSslSigns(b, files.Public, "secret");
    }

    [Fact]
    public void A_key_that_came_from_the_tools_migrates_on()
    {
        using Machine a = Workbench.WithStorageRoot();
        using var b = new Machine();
        using var c = new Machine();
        Import(b, DuplicateByTools(a.Tpm, b.Destination(), "ecc256", "", ourPolicy: true).ToImportable(), "");
        MigrationDestination destination = c.Destination();
        MigrationTests.Import(c, MigrationTests.Export(b, destination, ["k"], [b.Approve("k", destination)]));
        Assert.Contains("k", c.StoredNames());
    }

    private static TpmKeyFile ExportTo(Machine b, KeyAlgorithm algorithm, string password)
    {
        using var a = new Machine();
        KeyPasswords passwords = Machine.Password(key: password);
        a.Create("k", KeyRole.Sign, algorithm, passwords: passwords);
        MigrationDestination destination = b.Destination();
        return KeyExchange.ToImportable(MigrationTests.Export(a, destination, ["k"], [a.Approve("k", destination)], passwords));
    }

    private static void AssertToolsImport(SimulatedTpm tpm, DuplicateFiles files, KeyAlgorithm algorithm, string password)
    {
        tpm.WriteFile("key.pub", files.Public);
        tpm.WriteFile("key.dup", files.Duplicate);
        tpm.WriteFile("key.seed", files.Seed);
        tpm.WriteFile("message", Message);
        tpm.Tpm2("import", "-C", Workbench.StorageRoot, "-u", "key.pub", "-i", "key.dup", "-s", "key.seed", "-r", "key.priv");
        tpm.Tpm2("load", "-C", Workbench.StorageRoot, "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx");
        tpm.Tpm2(
            "sign", "-c", "key.ctx", "-p", password, "-g", "sha256", "-s", algorithm == KeyAlgorithm.Rsa2048 ? "rsassa" : "ecdsa", "-o", "signature", "message");
        TpmtPublic key = TpmtPublic.UnmarshalSized(files.Public);
        Assert.True(key.Verifies(SHA256.HashData(Message), TpmtSignature.Unmarshal(tpm.ReadFile("signature"))));
    }

    /// <summary>A key made and duplicated by tpm2-tools, as the files that tpm2_duplicate leaves.</summary>
    private static DuplicateFiles DuplicateByTools(SimulatedTpm tpm, MigrationDestination destination, string algorithm, string password, bool ourPolicy)
    {
        string policy = Workbench.MigrationPolicy;
        if (ourPolicy)
        {
            tpm.MakeMigrationPolicy();
        }
        else
        {
            policy = "other.policy";
            tpm.StartSession("trial.ctx");
            tpm.Tpm2("policycommandcode", "-S", "trial.ctx", "-L", policy, "TPM2_CC_Duplicate");
            tpm.Tool("tpm2_flushcontext", "trial.ctx");
        }
        string[] auth = password.Length == 0 ? [] : ["-p", password];
        tpm.Tpm2("create", ["-C", Workbench.StorageRoot, "-G", algorithm, "-L", policy, .. auth, "-u", "key.pub", "-r", "key.priv", "-a", "sensitivedataorigin|userwithauth|sign"]);
        tpm.Tpm2("load", "-C", Workbench.StorageRoot, "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx");
        tpm.WriteFile("parent.pub", destination.Parent.MarshalSized());
        tpm.Tpm2("loadexternal", "-C", "o", "-u", "parent.pub", "-c", "parent.ctx");
        tpm.StartSession("session.ctx", policySession: true);
        if (ourPolicy) tpm.SatisfyMigrationPolicy("session.ctx");
        else tpm.Tpm2("policycommandcode", "-S", "session.ctx", "TPM2_CC_Duplicate");
        tpm.Tpm2("duplicate", "-C", "parent.ctx", "-c", "key.ctx", "-G", "null", "-p", "session:session.ctx" + (password.Length == 0 ? "" : "+" + password), "-r", "key.dup", "-s", "key.seed");
        return new DuplicateFiles(tpm.ReadFile("key.pub"), tpm.ReadFile("key.dup"), tpm.ReadFile("key.seed"));
    }

    private static byte[] WriteImportable(DuplicateFiles files, bool? emptyAuth)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("2.23.133.10.1.4");
            if (emptyAuth is { } empty)
            {
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0))) writer.WriteBoolean(empty);
            }
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 2))) writer.WriteOctetString(files.Seed);
            writer.WriteInteger(0x40000001);
            writer.WriteOctetString(files.Public);
            writer.WriteOctetString(files.Duplicate);
        }
        return Encoding.ASCII.GetBytes(PemEncoding.WriteString("TSS2 PRIVATE KEY", writer.Encode()) + "\n");
    }

    private static StoredKey Import(Machine machine, TpmKeyFile file, string password)
    {
        KeyPasswords passwords = Machine.Password(key: password);
        return machine.Run(loader => new ImportableKeyImporter(loader, new ImportableKeyRequest { Name = "k" }, passwords).Import(file), passwords);
    }

    /// <summary>OpenSSL signs with the stored key file, and verifies with what tpm2-tools make of the public area.</summary>
    private static void AssertOpenSslSigns(Machine machine, byte[] publicArea, string password)
    {
        SimulatedTpm tpm = machine.Tpm;
        tpm.WriteFile("key.pub", publicArea);
        tpm.WriteFile("message", Message);
        tpm.WriteFile("key.pem", Encoding.ASCII.GetBytes(tpm.Tool("tpm2_print", "-t", "TPM2B_PUBLIC", "-f", "pem", "key.pub")));
        tpm.Tool(
            "openssl", "dgst", "-sha256", "-provider", "tpm2", "-provider", "default", "-propquery", "?provider=tpm2", "-passin", "pass:" + password,
            "-sign", Path.Combine(machine.StorePath, "k.pem"), "-out", "signature", "message");
        tpm.Tool("openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "message");
    }
}
