using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>A key that asks for several of its authorities leaves with their words together, and the TPM counts them.</summary>
public sealed class QuorumTests : IDisposable
{
    private readonly Machine _a = new();
    private readonly Machine _b = new();
    private readonly Msa[] _msas = [new(), new(rsa: true), new()];
    private readonly MigrationDestination _toB;
    private readonly MigrationDestination _elsewhere;
    private readonly StoredKey _key;

    public QuorumTests()
    {
        _toB = _b.Destination();
        _elsewhere = _a.Destination();
        _key = Msa.CreateCmk(_a, "k", _msas, quorum: 2);
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        foreach (Msa msa in _msas) msa.Dispose();
    }

    [Fact]
    public void Any_two_of_three_suffice()
    {
        foreach ((int one, int other) in new[] { (0, 1), (1, 2), (2, 0) })
        {
            MigrationPackage package = MigrationTests.Export(_a, _toB, ["k"], [_msas[one].Decide(_toB, _key), _msas[other].Decide(_toB, _key)]);
            PackageApprovals.Check(package);
            Assert.Equal(2, package.Approvals.Count);
        }
        MigrationPackage all = MigrationTests.Export(_a, _toB, ["k"], [.. _msas.Select(msa => msa.Decide(_toB, _key))]);
        StoredKey imported = Assert.Single(MigrationTests.Import(_b, all));
        Assert.Equal(2, KeyClassification.Of(imported.PublicArea(), imported.Record.PolicyBranches).Selection!.Quorum);
    }

    [Fact]
    public void One_alone_or_one_twice_is_too_few()
    {
        AssertRefused(ApprovalFault.TooFew, byTpm: false, _msas[0].Decide(_toB, _key));
        AssertRefused(ApprovalFault.TooFew, byTpm: false, _msas[0].Decide(_toB, _key), _msas[0].Decide(_toB, _key));

        // The TPM counts as well.
        DuplicationAuthorization first = Plain(_msas[0].Decide(_toB, _key)), again = Plain(_msas[0].Decide(_toB, _key));
        AssertTpmRefuses((_msas[0], first));
        AssertTpmRefuses((_msas[0], first), (_msas[0], again));
        AssertTpmRefuses();
    }

    [Fact]
    public void Two_words_for_different_destinations_are_none()
    {
        AssertRefused(ApprovalFault.ForAnotherDestination, byTpm: true, _msas[0].Decide(_toB, _key), _msas[1].Decide(_elsewhere, _key));
        // Both for one that is not the destination of the export.
        AssertRefused(ApprovalFault.ForAnotherDestination, byTpm: true, _msas[0].Decide(_elsewhere, _key), _msas[1].Decide(_elsewhere, _key));
    }

    [Fact]
    public void A_word_for_another_key_or_for_all_does_not_count()
    {
        StoredKey other = Msa.CreateCmk(_a, "other", _msas, quorum: 2);
        AssertRefused(ApprovalFault.TooFew, byTpm: false, _msas[0].Decide(_toB, _key), _msas[1].Decide(_toB, other));
        // What is signed for another key and said to be for this one.
        SelectionApproval relabelled = _msas[1].Decide(_toB, other) with { Key = new SelectedKey("k", _key.PublicArea().Name) };
        AssertRefused(ApprovalFault.ForAnotherDestination, byTpm: true, _msas[0].Decide(_toB, _key), relabelled);
        AssertRefused(ApprovalFault.ForAnotherKey, byTpm: false, _msas[0].Decide(_toB), _msas[1].Decide(_toB));
    }

    [Fact]
    public void A_forged_signature_does_not_count()
    {
        using var stranger = new Msa();
        SelectionApproval good = _msas[1].Decide(_toB, _key);
        SelectionApproval forged = good with { DuplicationAuthorizations = [.. good.DuplicationAuthorizations.Select(each => each with { Signature = _msas[0].Sign(each.SignedDigest) })] };
        AssertRefused(ApprovalFault.Altered, byTpm: true, _msas[0].Decide(_toB, _key), forged);
        AssertRefused(ApprovalFault.TooFew, byTpm: false, _msas[0].Decide(_toB, _key), stranger.Decide(_toB, _key));
        AssertTpmRefuses((_msas[0], Plain(_msas[0].Decide(_toB, _key))), (stranger, Plain(stranger.Decide(_toB, _key))));
    }

    [Fact]
    public void Four_of_eight_pass_through_three_levels_of_PolicyOR()
    {
        List<Msa> eight = [.. Enumerable.Range(0, 8).Select(_ => new Msa())];
        StoredKey key = Msa.CreateCmk(_a, "many", [.. eight], quorum: 4);
        // The first and the last combination, and one between.
        List<Msa> inOrder = [.. eight.OrderBy(msa => Hex.Format(msa.Authority.TpmName), StringComparer.Ordinal)];
        foreach (int[] choice in new[] { new[] { 0, 1, 2, 3 }, [4, 5, 6, 7], [0, 3, 5, 7] })
            PackageApprovals.Check(MigrationTests.Export(_a, _toB, ["many"], [.. choice.Select(i => inOrder[i].Decide(_toB, key))]));
        eight.ForEach(msa => msa.Dispose());
    }

    [Fact]
    public void A_package_with_too_few_words_is_not_believed()
    {
        MigrationPackage package = MigrationTests.Export(_a, _toB, ["k"], [_msas[0].Decide(_toB, _key), _msas[1].Decide(_toB, _key)]);
        Assert.Equal(ApprovalFault.TooFew, Assert.Throws<ApprovalException>(() => PackageApprovals.Check(package with { Approvals = [package.Approvals[0]] })).Fault);
        Assert.Equal(ApprovalFault.TooFew, Assert.Throws<ApprovalException>(() => PackageApprovals.Check(package with { Approvals = [package.Approvals[0], package.Approvals[0]] })).Fault);
    }

    private static DuplicationAuthorization Plain(SelectionApproval approval) => approval.DuplicationAuthorizations.Single(each => !each.InnerWrap);

    private void AssertRefused(ApprovalFault fault, bool byTpm, params SelectionApproval[] approvals)
    {
        ApprovalException refusal = Assert.Throws<ApprovalException>(() => _a.Run(loader =>
        {
            using var exporter = new KeyExporter(loader, new ExportRequest { Destination = _toB, Approvals = approvals }, new KeyPasswords());
            exporter.Add(loader.Store.Find("k")!.Require());
            return exporter.Finish();
        }));
        Assert.Equal(fault, refusal.Fault);
        Assert.Equal(byTpm, refusal.InnerException is TpmException);
    }

    /// <summary>Tries each branch of the policy with the words at hand, as an attacker would who has the TPM and not our module.</summary>
    private void AssertTpmRefuses(params (Msa Msa, DuplicationAuthorization Word)[] words)
    {
        for (int i = 0; i < _key.Record.PolicyBranches.Count; i++)
        {
            int branch = i;
            TpmException refusal = Assert.Throws<TpmException>(() => _a.Run(loader =>
            {
                TpmDevice device = loader.Device;
                using TpmSession session = TpmSession.Start(device, TpmSe.Policy, loader.StorageRoot);
                device.Execute(new PolicyAuthValue { PolicySession = session.Handle });
                foreach ((Msa msa, DuplicationAuthorization word) in words)
                {
                    TpmObject authority = device.Execute(new LoadExternal { InPublic = msa.Authority.PublicArea, Hierarchy = TpmHandle.Owner });
                    device.Execute(new PolicySigned { AuthObject = authority.Handle, PolicySession = session.Handle, CpHashA = word.CpHash, PolicyRef = word.PolicyRef, Auth = word.Signature });
                    device.Flush(authority.Handle);
                }
                device.Execute(new PolicyCommandCode { PolicySession = session.Handle, CommandCode = TpmCc.Duplicate });
                foreach (IReadOnlyList<byte[]> digests in PolicyBranches.OrPath(TpmAlgId.Sha256, _key.Record.PolicyBranches, branch))
                    device.Execute(new PolicyOr { PolicySession = session.Handle, HashList = digests });
                TpmObject parent = loader.LoadExternal(_toB.Parent), loaded = loader.Load(_key);
                return device.Execute(new Duplicate { ObjectHandle = loaded.Handle, NewParentHandle = parent.Handle }, session.Authorize([]));
            }));
            Assert.True(refusal.Code == TpmRc.ValueCode || refusal.Code == TpmRc.PolicyFail, refusal.Message);
        }
    }
}
