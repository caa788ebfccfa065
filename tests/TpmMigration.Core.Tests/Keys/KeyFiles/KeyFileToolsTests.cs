using System;
using System.IO;
using TpmMigration.Keys;
using TpmMigration.Testing;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Keys.KeyFiles;

/// <summary>Key files to and from tpm2-tools and the OpenSSL provider tpm2-openssl.</summary>
public sealed class KeyFileToolsTests : IDisposable
{
    private const string Persistent = "0x81000001";

    private readonly SimulatedTpm _machine = SimulatedTpm.Start();

    public KeyFileToolsTests()
    {
        // The primary that tpm2-openssl creates for the parent 0x40000001.
        Tool("tpm2_createprimary", "-C", "o", "-G", "ecc256:null:aes128cfb", "-g", "sha256", "-a", "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt", "-c", "srk.ctx");
        Tool("tpm2_evictcontrol", "-C", "o", "-c", "srk.ctx", Persistent);
        Tool("tpm2_startauthsession", "-S", "trial.ctx");
        Tool("tpm2_policyauthvalue", "-S", "trial.ctx");
        Tool("tpm2_policycommandcode", "-S", "trial.ctx", "-L", "policy.dat", "TPM2_CC_Duplicate");
        Tool("tpm2_flushcontext", "trial.ctx");
        File.WriteAllText(InWork("data"), "to be signed");
    }

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(TpmKeyFile.OwnerHierarchy, "ecc256", "")]
    [InlineData(0x81000001, "ecc256", "")]
    [InlineData(TpmKeyFile.OwnerHierarchy, "rsa2048", "secret")]
    [InlineData(0x81000001, "rsa2048", "secret")]
    public void OpenSSL_signs_with_our_file_of_a_migratable_key(uint parent, string algorithm, string password)
    {
        TpmKeyFile key = CreateMigratable(algorithm, password) with { Parent = parent };
        File.WriteAllBytes(InWork("key.pem"), key.ToPem());
        string[] provider = ["-provider", "tpm2", "-provider", "default", "-propquery", "?provider=tpm2", "-passin", "pass:" + password];
        Tool("openssl", ["pkey", .. provider, "-in", "key.pem", "-pubout", "-out", "public.pem"]);
        Tool("openssl", ["dgst", .. provider, "-sha256", "-sign", "key.pem", "-out", "signature", "data"]);
        Assert.Contains("Verified OK", Tool("openssl", "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "data"), StringComparison.Ordinal);
        Tool("openssl", ["req", "-new", .. provider, "-key", "key.pem", "-subj", "/CN=gateway", "-out", "request.pem"]);
        Tool("openssl", "req", "-verify", "-in", "request.pem", "-noout");
    }

    [Theory]
    [InlineData(TpmKeyFile.OwnerHierarchy)]
    [InlineData(0x81000001)]
    public void The_tpm2_tools_load_our_file(uint parent)
    {
        File.WriteAllBytes(InWork("key.pem"), (CreateMigratable("ecc256", "") with { Parent = parent }).ToPem());
        Assert.Contains("name: 000b", Tool("tpm2_load", "-r", "key.pem", "-c", "key.ctx"), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_the_tpm2_tools_are_read()
    {
        TpmKeyFile key = CreateMigratable("ecc256", "");
        Tool("tpm2_encodeobject", "-C", Persistent, "-u", "key.pub", "-r", "key.priv", "-o", "encoded.pem");
        TpmKeyFile read = TpmKeyFile.Load(InWork("encoded.pem"));
        Assert.Equal((TpmKeyFileKind.Loadable, 0x81000001u), (read.Kind, read.Parent));
        Assert.Equal(key.Public, read.Public);
        Assert.Equal(key.Private, read.Private);
    }

    [Theory]
    [InlineData("EC", "group:P-256", null, true)]
    [InlineData("RSA", "bits:2048", "user-auth:secret", false)]
    public void Files_of_the_OpenSSL_provider_are_read_and_load_under_our_storage_root_key(string algorithm, string option, string? moreOption, bool emptyAuth)
    {
        string[] more = moreOption is null ? [] : ["-pkeyopt", moreOption];
        Tool("openssl", ["genpkey", "-provider", "tpm2", "-algorithm", algorithm, "-pkeyopt", option, .. more, "-out", "generated.pem"]);
        TpmKeyFile read = TpmKeyFile.Load(InWork("generated.pem"));
        Assert.Equal((TpmKeyFileKind.Loadable, TpmKeyFile.OwnerHierarchy, emptyAuth), (read.Kind, read.Parent, read.EmptyAuth));
        File.WriteAllBytes(InWork("generated.pub"), read.Public);
        File.WriteAllBytes(InWork("generated.priv"), read.Private);
        Tool("tpm2_load", "-C", Persistent, "-u", "generated.pub", "-r", "generated.priv", "-c", "generated.ctx");
    }

    private TpmKeyFile CreateMigratable(string algorithm, string password)
    {
        string[] auth = password.Length == 0 ? [] : ["-p", password];
        Tool("tpm2_create", ["-C", Persistent, "-G", algorithm, "-g", "sha256", "-L", "policy.dat", "-a", "sensitivedataorigin|userwithauth|sign", .. auth, "-u", "key.pub", "-r", "key.priv"]);
        return new TpmKeyFile
        {
            EmptyAuth = password.Length == 0,
            Parent = TpmKeyFile.OwnerHierarchy,
            Public = File.ReadAllBytes(InWork("key.pub")),
            Private = File.ReadAllBytes(InWork("key.priv")),
            DuplicationPolicy = [[new PolicyStep(0x16B, []), new PolicyStep(0x16C, [0, 0, 1, 0x4B])]],
        };
    }

    private string InWork(string file) => Path.Combine(_machine.WorkDirectory, file);

    /// <summary>The simulated TPM has three places for objects, and the tools leave theirs behind.</summary>
    private string Tool(string program, params string[] arguments)
    {
        string output = _machine.Tool(program, arguments);
        if (program.StartsWith("tpm2_", StringComparison.Ordinal)) _machine.Tool("tpm2_flushcontext", "-t");
        return output;
    }
}
