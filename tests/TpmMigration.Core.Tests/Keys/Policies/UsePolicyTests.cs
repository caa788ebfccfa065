using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Keys.Policies;

/// <summary>The policy for the use of a key, without a TPM.</summary>
public class UsePolicyTests
{
    private static readonly PcrValue[] s_values = [new(TpmAlgId.Sha256, 0, [.. Enumerable.Repeat((byte)1, 32)]), new(TpmAlgId.Sha256, 7, [.. Enumerable.Repeat((byte)2, 32)])];

    private static readonly IReadOnlyList<PolicyStep> s_use = UsePolicy.Branch(TpmAlgId.Sha256, s_values, asksForPassword: true);

    [Theory]
    [InlineData("sha256:0,2,7", "sha256:0,2,7")]
    [InlineData(" SHA256:7, 2 ,0", "sha256:0,2,7")]
    [InlineData("sha384:23+sha256:0", "sha384:23+sha256:0")]
    public void A_selection_is_read_as_the_tpm2_tools_write_it(string text, string read) => Assert.Equal(read, string.Join("+", TpmsPcrSelection.Parse(text)));

    [Theory]
    [InlineData("")]
    [InlineData("sha256")]
    [InlineData("sha256:")]
    [InlineData("md5:0")]
    [InlineData("sha256:24")]
    [InlineData("sha256:-1")]
    [InlineData("sha256:1,1")]
    [InlineData("sha256:0:1")]
    [InlineData("sha256:0+sha256:1")]
    [InlineData("sha256:all")]
    public void What_is_no_selection_is_refused(string text) => Assert.Throws<ArgumentException>(() => TpmsPcrSelection.Parse(text));

    [Fact]
    public void The_step_is_the_parameters_of_the_command()
    {
        byte[] digest = TpmHash.Digest(TpmAlgId.Sha256, s_values[0].Digest, s_values[1].Digest);
        // TPM2B_DIGEST; one selection: SHA-256, three bytes of bits, PCRs 0 and 7.
        Assert.Equal("0020" + Hex.Format(digest) + "00000001" + "000b" + "03" + "810000", Hex.Format(s_use[0].CommandPolicy));
        Assert.Equal(0x17Fu, s_use[0].CommandCode);
        Assert.Equal("PCRs sha256:0,7 as recorded, and the key's password", UsePolicy.Of(Key([s_use, KeyPolicies.MigratableBranch]), [s_use, KeyPolicies.MigratableBranch])!.ToString());
        Assert.True(PcrStep.Read(TpmAlgId.Sha256, s_use[0]).Fits(TpmAlgId.Sha256, s_values));
        Assert.False(PcrStep.Read(TpmAlgId.Sha256, s_use[0]).Fits(TpmAlgId.Sha256, [.. s_values.Reverse()]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000")]
    [InlineData("002000")]
    [InlineData("0001aa00000001000b03810000")]
    public void A_step_of_another_form_makes_no_digest(string data) =>
        Assert.Throws<TpmWireException>(() => PolicyBranches.Digest(TpmAlgId.Sha256, [[new PolicyStep((uint)TpmCc.PolicyPcr, Hex.TryParse(data)!)]]));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    [InlineData(4, 0x7F)]
    [InlineData(-4, 2)]
    public void A_byte_missing_too_many_or_wrong_makes_no_step(int change, byte value)
    {
        byte[] good = s_use[0].CommandPolicy;
        byte[] bad = change switch
        {
            0 => [.. good, value],
            -1 => good[..^1],
            4 => [.. good[..34], value, .. good[35..]],
            _ => [.. good[..^4], value, .. good[^3..]],
        };
        Assert.Throws<TpmWireException>(() => PcrStep.Read(TpmAlgId.Sha256, new PolicyStep(s_use[0].CommandCode, bad)));
    }

    [Fact]
    public void A_key_is_of_the_kind_that_its_branches_for_migration_say()
    {
        byte[] authority = ObjectName.Of(TpmAlgId.Sha256, [1]), other = ObjectName.Of(TpmAlgId.Sha256, [2]);
        AssertKind(KeyKind.Migratable, [s_use, KeyPolicies.MigratableBranch]);
        AssertKind(KeyKind.CertifiableMigratable, [s_use, .. new SelectionPolicy([authority]).Branches]);
        AssertKind(KeyKind.CertifiableMigratable, [s_use, .. new SelectionPolicy([authority, other], 2).Branches]);
        AssertKind(KeyKind.MovesWithParent, [s_use]);
        // Both an Owner and an authority could let it go: neither kind.
        AssertKind(KeyKind.UnknownPolicy, [s_use, KeyPolicies.MigratableBranch, .. new SelectionPolicy([authority]).Branches]);
        AssertKind(KeyKind.UnknownPolicy, [s_use, [s_use[1]]]);
        AssertKind(KeyKind.UnknownPolicy, [s_use, s_use]);
    }

    [Fact]
    public void Without_its_record_or_with_another_the_policy_is_unknown()
    {
        TpmtPublic key = Key([s_use, KeyPolicies.MigratableBranch]);
        Assert.False(key.Has(TpmaObject.UserWithAuth));
        IReadOnlyList<PolicyStep> withoutPin = [s_use[0]], elsewhere = UsePolicy.Branch(TpmAlgId.Sha256, [s_values[0]], true);
        foreach (IReadOnlyList<IReadOnlyList<PolicyStep>> record in new IReadOnlyList<IReadOnlyList<PolicyStep>>[]
        {
            [], [s_use], [KeyPolicies.MigratableBranch], [KeyPolicies.MigratableBranch, s_use], [withoutPin, KeyPolicies.MigratableBranch], [elsewhere, KeyPolicies.MigratableBranch],
            [s_use, [new PolicyStep(0xFFFF, [])]], [[new PolicyStep(s_use[0].CommandCode, [1])], KeyPolicies.MigratableBranch],
        })
        {
            KeyClassification classification = KeyClassification.Of(key, record);
            Assert.Equal(KeyKind.UnknownPolicy, classification.Kind);
            Assert.Null(classification.Use);
        }
    }

    [Fact]
    public void Where_the_password_alone_lets_a_key_be_used_there_is_no_use_policy()
    {
        IReadOnlyList<IReadOnlyList<PolicyStep>> branches = [s_use, KeyPolicies.MigratableBranch];
        KeyClassification classification = KeyClassification.Of(Migration.Scene.Altered(Key(branches), TpmaObject.UserWithAuth), branches);
        Assert.Equal((KeyKind.UnknownPolicy, null), (classification.Kind, classification.Use));
    }

    private static void AssertKind(KeyKind kind, IReadOnlyList<IReadOnlyList<PolicyStep>> branches)
    {
        KeyClassification classification = KeyClassification.Of(Key(branches), branches);
        Assert.Equal(kind, classification.Kind);
        Assert.NotNull(classification.Use);
    }

    private static TpmtPublic Key(IReadOnlyList<IReadOnlyList<PolicyStep>> branches) => KeyTemplates.Migratable(KeyRole.Sign, KeyAlgorithm.EccP256, branches, encryptedDuplication: false);
}
