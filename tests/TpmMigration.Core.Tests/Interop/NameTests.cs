using System.IO;
using TpmMigration.Keys;
using TpmMigration.Testing;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Interop;

/// <summary>The name we compute of a public area is the one other tools and the TPM give.</summary>
public sealed class NameTests
{
    [Theory]
    [InlineData("rsa2048", "sha256", "sign")]
    [InlineData("rsa2048:rsassa-sha256:null", "sha256", "sign")]
    [InlineData("rsa2048:rsapss-sha384:null", "sha384", "sign")]
    [InlineData("rsa2048:oaep-sha256:null", "sha256", "decrypt")]
    [InlineData("rsa3072:aes256cfb", "sha384", "restricted|decrypt")]
    [InlineData("ecc256", "sha256", "sign")]
    [InlineData("ecc256:ecdsa-sha256:null", "sha256", "restricted|sign")]
    [InlineData("ecc384:ecdh-sha384", "sha384", "decrypt")]
    [InlineData("ecc384:aes256cfb", "sha384", "restricted|decrypt")]
    [InlineData("ecc256:aes128cfb", "sha256", "restricted|decrypt")]
    [InlineData("hmac:sha256", "sha256", "sign")]
    [InlineData("aes128cfb", "sha384", "sign|decrypt")]
    public void A_key_of_the_tpm2_tools_has_the_name_they_say(string algorithm, string nameAlg, string use)
    {
        using SimulatedTpm tpm = SimulatedTpm.Start();
        tpm.Tpm2("createprimary", "-C", "o", "-G", "ecc256", "-c", "srk.ctx");
        tpm.Tpm2("create", "-C", "srk.ctx", "-G", algorithm, "-g", nameAlg, "-a", "sensitivedataorigin|userwithauth|" + use, "-u", "created.pub", "-r", "key.priv");
        tpm.Tpm2("load", "-C", "srk.ctx", "-u", "created.pub", "-r", "key.priv", "-c", "key.ctx", "-n", "load.name");
        tpm.Tpm2("readpublic", "-c", "key.ctx", "-o", "key.pub", "-n", "read.name");
        byte[] bytes = tpm.ReadFile("key.pub");

        TpmtPublic key = TpmtPublic.UnmarshalSized(bytes);

        Assert.Equal(tpm.ReadFile("load.name"), key.Name);
        Assert.Equal(tpm.ReadFile("read.name"), key.Name);
        Assert.Equal(nameAlg == "sha256" ? 34 : 50, key.Name.Length);
        Assert.Equal(bytes, key.MarshalSized());
    }

    [Theory]
    [InlineData(KeyRole.Sign, KeyAlgorithm.Rsa2048)]
    [InlineData(KeyRole.Decrypt, KeyAlgorithm.EccP384)]
    [InlineData(KeyRole.Storage, KeyAlgorithm.EccP256)]
    [InlineData(KeyRole.Storage, KeyAlgorithm.EccP384)]
    public void The_tpm2_tools_load_the_files_of_a_new_key_under_its_name(KeyRole role, KeyAlgorithm algorithm)
    {
        using Machine machine = Workbench.WithStorageRoot();
        StoredKey key = machine.Create("k", role, algorithm);

        machine.Tpm.Tpm2("load", "-r", Path.Combine(machine.StorePath, "k.pem"), "-c", "key.ctx", "-n", "key.name");

        Assert.Equal(machine.Tpm.ReadFile("key.name"), key.PublicArea().Name);
    }

    [Fact]
    public void Our_storage_root_key_is_the_primary_that_the_tpm2_tools_make_of_the_same_template()
    {
        using Machine machine = Workbench.WithStorageRoot();
        byte[] persistent = machine.Run(loader => loader.StorageRoot.Handle.Name);
        machine.Tpm.Tpm2("evictcontrol", "-C", "o", "-c", Workbench.StorageRoot);

        Assert.Equal(persistent, machine.Run(loader => loader.StorageRoot.Handle.Name));
    }
}
