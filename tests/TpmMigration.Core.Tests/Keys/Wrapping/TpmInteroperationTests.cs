using System;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using TpmMigration.Keys;
using TpmMigration.Testing;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Keys.Wrapping;

/// <summary>What is wrapped in software against a TPM and independent tools, in both directions.</summary>
public class TpmInteroperationTests
{
    private static readonly byte[] Message = [1, 2, 3, 4, 5];

    [Theory]
    [InlineData("ecc", "ecc", "sha256", false)]
    [InlineData("rsa2048", "rsa", "sha256", false)]
    [InlineData("ecc384:aes256cfb", "ecc", "sha384", false)]
    [InlineData("ecc", "rsa", "sha256", true)]
    [InlineData("rsa2048:aes256cfb", "ecc384", "sha384", true)]
    public void A_tpm_imports_a_software_key_and_signs_with_it(string parentAlgorithm, string keyType, string nameAlg, bool inner)
    {
        using SimulatedTpm machine = SimulatedTpm.Start();
        CreateParent(machine, parentAlgorithm, nameAlg);
        WrappingParent parent = WrappingParent.From(TpmtPublic.UnmarshalSized(Read(machine, "parent.pub")));
        SoftwareKey key = SoftwareKey.Signing(keyType, further: inner ? TpmaObject.EncryptedDuplication : TpmaObject.None);
        byte[]? innerKey = inner ? SecretBytes.Random(16) : null;
        WrappedKey wrapped = KeyWrap.Wrap(parent, key.PublicArea.Name, key.Sensitive, innerKey);

        Write(machine, "key.pub", key.PublicArea.MarshalSized());
        Write(machine, "key.dup", SizedBytes.Join(wrapped.Duplicate));
        Write(machine, "key.seed", SizedBytes.Join(wrapped.EncryptedSeed));
        string[] import = ["-C", "parent.ctx", "-u", "key.pub", "-i", "key.dup", "-s", "key.seed", "-r", "key.priv"];
        if (innerKey is not null)
        {
            Write(machine, "inner.key", innerKey);
            import = [.. import, "-k", "inner.key"];
        }

        machine.Tool("tpm2_import", import);
        machine.Tool("tpm2_flushcontext", "-t");
        machine.Tool("tpm2_load", "-C", "parent.ctx", "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx");
        machine.Tool("tpm2_flushcontext", "-t");
        byte[] digest = SHA256.HashData(Message);
        Write(machine, "message", Message);
        foreach (string scheme in keyType == "rsa" ? (string[])["rsassa", "rsapss"] : ["ecdsa"])
        {
            machine.Tool("tpm2_sign", "-c", "key.ctx", "-g", "sha256", "-s", scheme, "-o", "signature", "message");
            machine.Tool("tpm2_flushcontext", "-t");
            TpmtSignature signature = TpmtSignature.Unmarshal(Read(machine, "signature"));
            Assert.True(key.PublicArea.Verifies(digest, signature));
            digest[0] ^= 1;
            Assert.False(key.PublicArea.Verifies(digest, signature));
            digest[0] ^= 1;
        }
    }

    [Fact]
    public void A_tpm_refuses_a_wrapped_key_of_which_one_byte_was_changed()
    {
        using SimulatedTpm machine = SimulatedTpm.Start();
        CreateParent(machine, "ecc", "sha256");
        WrappingParent parent = WrappingParent.From(TpmtPublic.UnmarshalSized(Read(machine, "parent.pub")));
        SoftwareKey key = SoftwareKey.Signing("ecc");
        WrappedKey wrapped = KeyWrap.Wrap(parent, key.PublicArea.Name, key.Sensitive);
        wrapped.Duplicate[^1] ^= 1;
        Write(machine, "key.pub", key.PublicArea.MarshalSized());
        Write(machine, "key.dup", SizedBytes.Join(wrapped.Duplicate));
        Write(machine, "key.seed", SizedBytes.Join(wrapped.EncryptedSeed));
        ToolFailedException error = Assert.Throws<ToolFailedException>(() => machine.Tool(
            "tpm2_import", "-C", "parent.ctx", "-u", "key.pub", "-i", "key.dup", "-s", "key.seed", "-r", "key.priv"));
        Assert.Contains("integrity check failed", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rsa", false)]
    [InlineData("ecc", false)]
    [InlineData("ecc", true)]
    public void What_a_tpm_duplicates_to_a_software_parent_opens_in_software(string parentType, bool inner)
    {
        using SimulatedTpm machine = SimulatedTpm.Start();
        SoftwareKey parent = SoftwareKey.Parent(parentType);
        Write(machine, "new-parent.pub", parent.PublicArea.MarshalSized());
        CreateParent(machine, "ecc", "sha256");
        machine.Tool("tpm2_startauthsession", "-S", "trial.ctx");
        machine.Tool("tpm2_policycommandcode", "-S", "trial.ctx", "-L", "policy", "TPM2_CC_Duplicate");
        machine.Tool("tpm2_flushcontext", "trial.ctx");
        machine.Tool(
            "tpm2_create", "-C", "parent.ctx", "-G", "ecc", "-L", "policy", "-u", "key.pub", "-r", "key.priv",
            "-a", "sensitivedataorigin|userwithauth|sign" + (inner ? "|encryptedduplication" : ""));
        machine.Tool("tpm2_flushcontext", "-t");
        machine.Tool("tpm2_load", "-C", "parent.ctx", "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx");
        machine.Tool("tpm2_flushcontext", "-t");
        machine.Tool("tpm2_loadexternal", "-C", "o", "-u", "new-parent.pub", "-c", "new-parent.ctx");
        machine.Tool("tpm2_flushcontext", "-t");
        machine.Tool("tpm2_startauthsession", "--policy-session", "-S", "session.ctx");
        machine.Tool("tpm2_policycommandcode", "-S", "session.ctx", "TPM2_CC_Duplicate");
        string[] symmetric = inner ? ["-G", "aes", "-o", "inner.key"] : ["-G", "null"];
        machine.Tool(
            "tpm2_duplicate",
            ["-C", "new-parent.ctx", "-c", "key.ctx", "-p", "session:session.ctx", "-r", "key.dup", "-s", "key.seed", .. symmetric]);

        TpmtPublic key = TpmtPublic.UnmarshalSized(Read(machine, "key.pub"));
        WrappedKey wrapped = new(Only(Read(machine, "key.dup")), Only(Read(machine, "key.seed")));
        byte[]? innerKey = inner ? Read(machine, "inner.key") : null;
        byte[] sensitive = KeyWrap.Unwrap(parent.AsParent, parent.Private, key.Name, wrapped, innerKey);

        // The sensitive area is the right one if its scalar makes the public point.
        TpmReader reader = new(sensitive);
        Assert.Equal(TpmAlgId.Ecc, reader.ReadAlg());
        Assert.All(reader.ReadTpm2b(), value => Assert.Equal(0, value));
        reader.ReadTpm2b();
        EccPublic opened = EccEngine.Default.KeyOf(TpmEccCurve.NistP256, reader.ReadTpm2b()).PublicKey;
        Assert.Equal(key.Point!.X, opened.X);
        Assert.Equal(key.Point!.Y, opened.Y);
    }

    [Theory]
    [InlineData("rsa")]
    [InlineData("ecc")]
    public void A_tpm_activates_a_credential_made_in_software(string endorsementType)
    {
        using SimulatedTpm machine = SimulatedTpm.Start();
        machine.Tool("tpm2_createek", "-c", "ek.ctx", "-G", endorsementType, "-u", "ek.pub");
        machine.Tool("tpm2_flushcontext", "-t");
        machine.Tool("tpm2_createak", "-C", "ek.ctx", "-c", "ak.ctx", "-G", "ecc", "-g", "sha256", "-s", "ecdsa", "-u", "ak.pub", "-n", "ak.name");
        machine.Tool("tpm2_flushcontext", "-t");
        machine.Tool("tpm2_flushcontext", "-l");
        byte[] secret = SecretBytes.Random(32);
        ProtectedCredential credential = CredentialProtection.Make(
            WrappingParent.From(TpmtPublic.UnmarshalSized(Read(machine, "ek.pub"))), Read(machine, "ak.name"), secret);
        Write(machine, "credential", [0xBA, 0xDC, 0xC0, 0xDE, 0, 0, 0, 1, .. SizedBytes.Join(credential.IdObject, credential.EncryptedSecret)]);
        machine.Tool("tpm2_startauthsession", "--policy-session", "-S", "session.ctx");
        machine.Tool("tpm2_policysecret", "-S", "session.ctx", "-c", "e");
        machine.Tool(
            "tpm2_activatecredential", "-c", "ak.ctx", "-C", "ek.ctx", "-i", "credential", "-o", "secret", "-P", "session:session.ctx");
        Assert.Equal(secret, Read(machine, "secret"));
    }

    [Theory]
    [InlineData("rsa")]
    [InlineData("ecc")]
    public void A_credential_a_tpm_made_opens_in_software(string endorsementType)
    {
        using SimulatedTpm machine = SimulatedTpm.Start();
        SoftwareKey endorsement = SoftwareKey.Parent(endorsementType);
        byte[] name = SoftwareKey.Signing("ecc").PublicArea.Name;
        byte[] secret = SecretBytes.Random(20);
        Write(machine, "ek.pub", endorsement.PublicArea.MarshalSized());
        Write(machine, "secret", secret);
        machine.Tool(
            "tpm2_makecredential", "-e", "ek.pub", "-s", "secret", "-n", Convert.ToHexStringLower(name), "-o", "credential");
        byte[][] parts = SizedBytes.TrySplit(Read(machine, "credential")[8..], 2)!;
        Assert.Equal(
            secret,
            CredentialProtection.Open(endorsement.AsParent, endorsement.Private, name, new ProtectedCredential(parts[0], parts[1])));
    }

    [Fact]
    public void The_second_tool_stack_imports_a_software_key_too()
    {
        using SimulatedTpm machine = SimulatedTpm.Start();
        string output = machine.Tool("tsscreateprimary", "-hi", "o", "-ecc", "nistp256", "-st", "-opu", "parent.pub");
        string handle = output.Split("Handle ")[1][..8];
        WrappingParent parent = WrappingParent.From(TpmtPublic.UnmarshalSized(Read(machine, "parent.pub")));
        SoftwareKey key = SoftwareKey.Signing("ecc");
        WrappedKey wrapped = KeyWrap.Wrap(parent, key.PublicArea.Name, key.Sensitive);
        Write(machine, "key.pub", key.PublicArea.MarshalSized());

        // These tools keep both blobs without their sizes.
        Write(machine, "key.dup", wrapped.Duplicate);
        Write(machine, "key.seed", wrapped.EncryptedSeed);
        machine.Tool("tssimport", "-hp", handle, "-ipu", "key.pub", "-id", "key.dup", "-iss", "key.seed", "-opr", "key.priv");
        string loaded = machine.Tool("tssload", "-hp", handle, "-ipu", "key.pub", "-ipr", "key.priv");
        Assert.True(uint.TryParse(loaded.Split("Handle ")[1][..8], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out _));
    }

    private static void CreateParent(SimulatedTpm machine, string algorithm, string nameAlg)
    {
        machine.Tool("tpm2_createprimary", "-C", "o", "-g", nameAlg, "-G", algorithm, "-c", "parent.ctx");
        machine.Tool("tpm2_flushcontext", "-t");
        machine.Tool("tpm2_readpublic", "-c", "parent.ctx", "-o", "parent.pub");
        machine.Tool("tpm2_flushcontext", "-t");
    }

    private static byte[] Only(byte[] sized) => SizedBytes.TryOnly(sized) ?? throw new InvalidDataException("Not one sized buffer.");

    private static byte[] Read(SimulatedTpm machine, string file) => File.ReadAllBytes(Path.Combine(machine.WorkDirectory, file));

    private static void Write(SimulatedTpm machine, string file, byte[] bytes) =>
        File.WriteAllBytes(Path.Combine(machine.WorkDirectory, file), bytes);
}
