using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Attestation;
using TpmMigration.Keys;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Attestation.CertifyingMachine;

namespace TpmMigration.Tests.Attestation;

/// <summary>A verifier tells a branch for use, which lets no key go, from one that does.</summary>
public sealed class UseCertificationTests
{
    private static readonly SelectionAuthority[] s_authorities = MakeAuthorities(3);

    private static readonly PolicyStep s_password = new((uint)TpmCc.PolicyAuthValue, []);

    private static readonly IReadOnlyList<PolicyStep> s_use = UsePolicy.Branch(TpmAlgId.Sha256, [new PcrValue(TpmAlgId.Sha256, 7, new byte[32])], asksForPassword: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_CMK_with_a_use_policy_is_confirmed_to_be_its_authorities(int quorum)
    {
        using var machine = new Machine();
        machine.CreateWith("cmk", [s_use, .. Branches(quorum)]);
        CertifiedKey key = machine.Certify("cmk");
        CertificationReport report = Examine(key, key.Asking(s_authorities, quorum));
        Assert.Equal(CertificationVerdict.Confirmed, report.Verdict);
        Assert.Equal(KeyKind.CertifiableMigratable, report.Classification!.Kind);
        Assert.Contains("and lets nobody else. For its use, which is no duplication, it asks for PCRs sha256:7 as recorded, and the key's password.", report.Reason(CertificationCheck.Policy), StringComparison.Ordinal);

        // Of other authorities, of another number, or with a policy that is not told, it is not.
        Refused(key, key.Asking([.. s_authorities.Take(2)], quorum));
        Refused(key, key.Asking(s_authorities, 3 - quorum));
        CertifiedKey silent = key with { Policy = [] };
        Refused(silent, silent.Asking(s_authorities, quorum));
        // Hiding the use policy, or telling another, is an altered document.
        foreach (IReadOnlyList<IReadOnlyList<PolicyStep>> told in new[] { Branches(quorum), [[s_use[0]], .. Branches(quorum)] })
        {
            CertifiedKey lying = key with { Policy = told };
            Refused(lying, lying.Asking(s_authorities, quorum));
        }
    }

    [Fact]
    public void A_branch_under_which_somebody_else_could_duplicate_is_none_for_use()
    {
        using var machine = new Machine();
        PolicyStep duplicate = new((uint)TpmCc.PolicyCommandCode, ObjectName.OfHandle((uint)TpmCc.Duplicate));
        PolicyStep owner = KeyPolicies.MigratableBranch[1];
        IReadOnlyList<PolicyStep> stranger = new SelectionPolicy([MakeAuthorities(1)[0].TpmName]).Branches[0];
        (string Name, IReadOnlyList<IReadOnlyList<PolicyStep>> Policy)[] keys =
        [
            ("owner", [KeyPolicies.MigratableBranch, .. Branches(1)]),
            ("password", [[s_password, duplicate], .. Branches(1)]),
            ("pcrs", [[.. s_use, duplicate], .. Branches(1)]),
            ("stranger", [[s_use[0], .. stranger], .. Branches(1)]),
            ("behind", [s_use, .. Branches(1), [s_password, owner]]),
            ("fewer", [s_use, .. Branches(1).Take(2)]),
        ];
        foreach ((string name, IReadOnlyList<IReadOnlyList<PolicyStep>> policy) in keys)
        {
            machine.CreateWith(name, policy);
            CertifiedKey key = machine.Certify(name);
            Refused(key, key.Asking(s_authorities));
        }
        // Wherever the harmless branches stand.
        machine.CreateWith("harmless", [.. Branches(1), s_use, [s_password]]);
        CertifiedKey harmless = machine.Certify("harmless");
        Assert.Equal(CertificationVerdict.Confirmed, Examine(harmless, harmless.Asking(s_authorities)).Verdict);
    }

    private static IReadOnlyList<IReadOnlyList<PolicyStep>> Branches(int quorum) => new SelectionPolicy(s_authorities.Select(authority => authority.TpmName), quorum).Branches;

    private static void Refused(CertifiedKey key, CertificationQuestions questions)
    {
        CertificationReport report = Examine(key, questions);
        Assert.Equal(CertificationVerdict.Refused, report.Verdict);
        Assert.Equal([CertificationCheck.Policy], report.Checks(CertificationAnswer.Failed));
    }
}
