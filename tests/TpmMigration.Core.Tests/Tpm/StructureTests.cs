using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Tpm;

public sealed class StructureTests
{
    // One public area of each type: type, name algorithm, attributes, policy, parameters, unique.
    public static TheoryData<string, string> PublicAreas => new()
    {
        { "ECC storage", "0023000b00030472" + "0000" + "0006008000430010" + "0003" + "0010" + "0020aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" + "00201111111111111111111111111111111111111111111111111111111111111111" },
        { "RSA signing", "0001000b00040072" + "0000" + "0010" + "0014000b" + "0800" + "00010001" + "0004c0ffee01" },
        { "keyed hash", "0008000b00000052" + "0000" + "0010" + "0000" },
        { "HMAC", "0008000b00040052" + "0000" + "0005000b" + "0004" + "01020304" },
        { "cipher", "0025000b00020052" + "0000" + "00060080" + "0043" + "0002" + "abcd" },
    };

    [Theory]
    [MemberData(nameof(PublicAreas))]
    public void A_public_area_is_read_and_written_alike_and_refused_with_a_byte_more_or_less(string what, string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        Assert.NotEmpty(what);
        Assert.Equal(bytes, TpmtPublic.Unmarshal(bytes).Marshal());
        Assert.Throws<TpmWireException>(() => TpmtPublic.Unmarshal([.. bytes, 0]));
        foreach (int length in Enumerable.Range(0, bytes.Length))
            Assert.Throws<TpmWireException>(() => TpmtPublic.Unmarshal(bytes[..length]));
    }

    public static TheoryData<KeyRole, KeyAlgorithm> Templates
    {
        get
        {
            var data = new TheoryData<KeyRole, KeyAlgorithm>();
            foreach (KeyRole role in new[] { KeyRole.Sign, KeyRole.Decrypt, KeyRole.Storage })
            {
                foreach (KeyAlgorithm algorithm in Enum.GetValues<KeyAlgorithm>()) data.Add(role, algorithm);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Templates))]
    public void A_template_has_its_role_its_algorithm_and_a_policy_that_is_known_again(KeyRole role, KeyAlgorithm algorithm)
    {
        TpmtPublic template = KeyTemplates.Migratable(role, algorithm, [KeyPolicies.MigratableBranch], encryptedDuplication: false);

        Assert.Equal(role, KeyTemplates.RoleOf(template));
        Assert.Equal(KeyKind.Migratable, KeyClassification.Of(template, []).Kind);
        Assert.Equal(template.Marshal(), TpmtPublic.Unmarshal(template.Marshal()).Marshal());
        Assert.Equal(role == KeyRole.Storage, template.IsStorageKey);
    }

    [Fact]
    public void Signatures_and_tickets_are_read_and_written_alike()
    {
        foreach (TpmtSignature signature in new TpmtSignature[]
        {
            new(TpmAlgId.RsaSsa, TpmAlgId.Sha256, new byte[256]),
            new(TpmAlgId.EcDsa, TpmAlgId.Sha384, new byte[48], new byte[48]),
            new(TpmAlgId.Hmac, TpmAlgId.Sha256, new byte[32]),
        })
        {
            byte[] bytes = signature.Marshal();
            Assert.Equal(bytes, TpmtSignature.Unmarshal(bytes).Marshal());
            Assert.Throws<TpmWireException>(() => TpmtSignature.Unmarshal([.. bytes, 1]));
            Assert.Throws<TpmWireException>(() => TpmtSignature.Unmarshal(bytes[..^1]));
        }
        byte[] ticket = new TpmtTicket(TpmSt.AuthSecret, 0x40000001, new byte[32]).Marshal();
        Assert.Equal(ticket, TpmtTicket.Unmarshal(ticket).Marshal());
        Assert.Throws<TpmWireException>(() => TpmtTicket.Unmarshal(ticket[..^1]));
    }

    [Fact]
    public void A_statement_that_no_TPM_made_is_refused() =>
        Assert.Throws<TpmWireException>(() => TpmsAttest.Unmarshal([0, 0, 0, 0, 0x80, 0x17, .. new byte[60]]));

    [Fact]
    public void A_policy_step_of_a_foreign_command_is_refused()
    {
        IReadOnlyList<PolicyStep> foreign = [new PolicyStep(0x17F, [])];
        Assert.Throws<TpmWireException>(() => PolicyBranches.Digest(TpmAlgId.Sha256, [foreign]));
    }
}
