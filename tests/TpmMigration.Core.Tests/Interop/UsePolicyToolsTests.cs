using System;
using System.Linq;
using System.Text.RegularExpressions;
using TpmMigration.Keys;
using TpmMigration.Testing;
using TpmMigration.Tests.Migration;
using TpmMigration.Tests.Migration.Use;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Interop;

/// <summary>The tpm2-tools make the use policy of our keys, and use the key files by it.</summary>
public sealed class UsePolicyToolsTests
{
    private const string Session = "session.ctx";

    [Theory]
    [InlineData("sha256", TpmAlgId.Sha256, "sha256:0,2,7")]
    [InlineData("sha256", TpmAlgId.Sha256, "sha256:1,16,23+sha384:8")]
    [InlineData("sha384", TpmAlgId.Sha384, "sha384:0,1,2,3,4,5,6,7")]
    public void PolicyPCR_is_that_of_the_tpm2_tools(string hash, TpmAlgId alg, string pcrs)
    {
        using Machine machine = new();
        machine.Extend(2);
        var values = machine.Run(loader => PlatformPcrs.Read(loader.Device, TpmsPcrSelection.Parse(pcrs)));
        machine.Tpm.StartSession(Session, hash: hash);
        machine.Tpm.Tpm2("policypcr", "-S", Session, "-l", pcrs, "-L", "digest");
        machine.Tpm.Tool("tpm2_flushcontext", Session);
        Assert.Equal(machine.Tpm.ReadFile("digest"), PolicyBranches.Digest(alg, [UsePolicy.Branch(alg, values, asksForPassword: false)]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1234")]
    public void The_tpm2_tools_make_the_policy_of_a_key_and_sign_with_its_file(string pin)
    {
        using Machine machine = Workbench.WithStorageRoot();
        StoredKey key = machine.CreateBound("k", pin: pin);
        SimulatedTpm tpm = machine.Tpm;
        tpm.MakeMigrationPolicy();
        tpm.StartSession(Session, policySession: true);
        tpm.Tpm2("policypcr", "-S", Session, "-l", PcrMachine.Pcrs, "-L", "use.policy");
        if (pin.Length != 0) tpm.Tpm2("policyauthvalue", "-S", Session, "-L", "use.policy");
        tpm.Tpm2("policyor", "-S", Session, "-L", "policy", "sha256:use.policy," + Workbench.MigrationPolicy);
        Assert.Equal(tpm.ReadFile("policy"), key.PublicArea().AuthPolicy);

        byte[] message = [1, 2, 3, 4, 5];
        tpm.WriteFile("message", message);
        string file = System.IO.Path.Combine(machine.StorePath, "k.pem");
        Assert.Contains("TPM-Duplication-Policy:", System.IO.File.ReadAllText(file), StringComparison.Ordinal);
        // Of a file, tpm2_sign would use the session up in loading it.
        tpm.Tpm2("load", "-r", file, "-c", "key.ctx");
        tpm.Tpm2("sign", "-c", "key.ctx", "-g", "sha256", "-s", "ecdsa", "-p", pin.Length == 0 ? $"session:{Session}" : $"session:{Session}+{pin}", "-o", "signature", "message");
        tpm.Tool("tpm2_flushcontext", Session);
        Assert.True(key.PublicArea().Verifies(System.Security.Cryptography.SHA256.HashData(message), TpmtSignature.Unmarshal(tpm.ReadFile("signature"))));

        // Without the session, whatever the password.
        Assert.Throws<ToolFailedException>(() => tpm.Tpm2("sign", ["-c", "key.ctx", "-g", "sha256", "-s", "ecdsa", .. pin.Length == 0 ? (string[])[] : ["-p", pin], "-o", "signature", "message"]));
    }

    [Fact]
    public void The_values_that_are_expected_are_those_that_tpm2_pcrread_shows()
    {
        using Machine machine = new();
        machine.Extend(0);
        StoredKey key = machine.CreateBound("k");
        string[] shown = [.. Regex.Matches(machine.Tpm.Tool("tpm2_pcrread", PcrMachine.Pcrs), "0x([0-9A-F]{64})").Select(match => match.Groups[1].Value.ToLowerInvariant())];
        Assert.Equal(shown, key.Record.ExpectedPcrs.Select(pcr => Hex.Format(pcr.Digest)));
    }
}
