using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Keys.Policies;

public class SelectionPolicyTests
{
    private static readonly byte[][] s_names = [.. Enumerable.Range(1, 9).Select(i => ObjectName.Of(TpmAlgId.Sha256, [(byte)i]))];

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(8, 1, 8)]
    [InlineData(3, 2, 3)]
    [InlineData(2, 2, 1)]
    [InlineData(8, 4, 70)]
    [InlineData(8, 8, 1)]
    public void A_policy_has_a_branch_for_each_choice_of_authorities(int count, int quorum, int branches)
    {
        var policy = new SelectionPolicy(s_names.Take(count), quorum);
        Assert.Equal(branches, policy.Branches.Count);
        Assert.Equal(branches, policy.Branches.Select(b => string.Join(',', SelectionPolicy.AuthoritiesOf(b).Select(Hex.Format))).Distinct().Count());
        Assert.All(policy.Branches, branch => Assert.Equal(quorum, SelectionPolicy.AuthoritiesOf(branch).Count));

        SelectionPolicy? read = SelectionPolicy.TryRead(policy.Branches);
        Assert.NotNull(read);
        Assert.Equal(quorum, read.Quorum);
        Assert.Equal(policy.Authorities, read.Authorities);
    }

    [Fact]
    public void The_order_in_which_authorities_are_named_does_not_matter() =>
        Assert.Equal(Digest(new SelectionPolicy(s_names.Take(3), 2).Branches), Digest(new SelectionPolicy(s_names.Take(3).Reverse(), 2).Branches));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(9, 1)]
    [InlineData(3, 0)]
    [InlineData(3, 4)]
    public void Authorities_and_quorum_have_limits(int count, int quorum) =>
        Assert.Throws<ArgumentException>(() => new SelectionPolicy(s_names.Take(count), quorum));

    [Fact]
    public void An_authority_counts_once() => Assert.Throws<ArgumentException>(() => new SelectionPolicy([s_names[0], s_names[0]], 2));

    [Fact]
    public void What_this_module_does_not_make_is_no_policy_of_authorities()
    {
        IReadOnlyList<IReadOnlyList<PolicyStep>> good = new SelectionPolicy(s_names.Take(3), 2).Branches;
        Assert.Null(SelectionPolicy.TryRead([]));
        Assert.Null(SelectionPolicy.TryRead([KeyPolicies.MigratableBranch]));
        Assert.Null(SelectionPolicy.TryRead([good[0], good[1]]));
        Assert.Null(SelectionPolicy.TryRead([good[0], good[0], good[2]]));
        Assert.Null(SelectionPolicy.TryRead([.. good, KeyPolicies.MigratableBranch]));
        // Without PolicyAuthValue, without PolicyCommandCode, another reference, and a step that is cut off.
        Assert.Null(SelectionPolicy.TryRead([.. good.Select(branch => branch.Skip(1).ToList())]));
        Assert.Null(SelectionPolicy.TryRead([.. good.Select(branch => branch.Take(3).ToList())]));
        Assert.Null(SelectionPolicy.TryRead([[new PolicyStep((uint)TpmCc.PolicyAuthorize, [0, 0, 0, 34, .. s_names[0]])]]));
        Assert.Null(SelectionPolicy.TryRead([[new PolicyStep((uint)TpmCc.PolicyAuthorize, [0, 0, 0, 34])]]));
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(8, 1)]
    [InlineData(8, 4)]
    [InlineData(6, 3)]
    public void Each_branch_leads_to_the_digest_of_the_policy(int count, int quorum)
    {
        IReadOnlyList<IReadOnlyList<PolicyStep>> branches = new SelectionPolicy(s_names.Take(count), quorum).Branches;
        for (int i = 0; i < branches.Count; i++)
        {
            byte[] digest = Digest([branches[i]]);
            foreach (IReadOnlyList<byte[]> list in PolicyBranches.OrPath(TpmAlgId.Sha256, branches, i))
            {
                // A TPM takes two to eight, its own digest among them.
                Assert.InRange(list.Count, 2, 8);
                Assert.Contains(digest, list);
                digest = new PolicyDigest().Or(list).Value;
            }
            Assert.Equal(Digest(branches), digest);
        }
    }

    [Fact]
    public void A_key_that_some_TPMs_do_not_verify_is_none_for_an_authority()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP384);
        Assert.Equal(SignatureFault.Key, Assert.Throws<SignatureException>(() => SelectionAuthority.FromPublicKey(key.ExportSubjectPublicKeyInfo())).Fault);
        Assert.Equal(SignatureFault.Key, Assert.Throws<SignatureException>(() => SelectionAuthority.FromPublicKey([1, 2, 3])).Fault);
        Assert.Equal(SignatureFault.Key, Assert.Throws<SignatureException>(() => SelectionAuthority.FromCertificate([])).Fault);
    }

    private static byte[] Digest(IReadOnlyList<IReadOnlyList<PolicyStep>> branches) => PolicyBranches.Digest(TpmAlgId.Sha256, branches);
}
