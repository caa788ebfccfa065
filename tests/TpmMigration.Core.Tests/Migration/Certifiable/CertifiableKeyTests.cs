using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>A CMK goes where its authorities say, and nowhere else: the TPM sees to it.</summary>
public sealed class CertifiableKeyTests : IDisposable
{
    private readonly Machine _a = new();
    private readonly Machine _b = new();
    private readonly Machine _c = new();
    private readonly Msa _msa = new();
    private readonly MigrationDestination _toB;
    private readonly MigrationDestination _toC;

    public CertifiableKeyTests() => (_toB, _toC) = (_b.Destination(), _c.Destination());

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _c.Dispose();
        _msa.Dispose();
    }

    [Theory]
    [InlineData(false, KeyRole.Sign, KeyAlgorithm.EccP256, true)]
    [InlineData(true, KeyRole.Decrypt, KeyAlgorithm.Rsa2048, false)]
    [InlineData(false, KeyRole.Storage, KeyAlgorithm.EccP384, true)]
    [InlineData(true, KeyRole.Storage, KeyAlgorithm.EccP384, false)]
    public void A_CMK_goes_to_the_destination_that_its_authority_approved(bool rsa, KeyRole role, KeyAlgorithm algorithm, bool forAllKeys)
    {
        using var msa = new Msa(rsa);
        StoredKey key = Msa.CreateCmk(_a, "k", [msa], role: role, algorithm: algorithm);
        MigrationPackage package = MigrationTests.Export(_a, _toB, ["k"], [msa.Decide(_toB, forAllKeys ? null : key)]);

        StoredKey imported = Assert.Single(MigrationTests.Import(_b, package));

        Assert.Equal(key.PublicArea().Name, imported.PublicArea().Name);
        KeyClassification classification = KeyClassification.Of(imported.PublicArea(), imported.Record.PolicyBranches);
        Assert.Equal(KeyKind.CertifiableMigratable, classification.Kind);
        Assert.Equal(msa.Authority.TpmName, Assert.Single(classification.Selection!.Authorities));
        Assert.Equal(msa.Authority.Certificate, Assert.Single(imported.Record.SelectionAuthorities));

        // And on from there, with a new word of the same authority.
        MigrationTests.Import(_c, MigrationTests.Export(_b, _toC, ["k"], [msa.Decide(_toC, key)]));
    }

    [Fact]
    public void The_TPM_refuses_any_other_destination()
    {
        StoredKey key = Msa.CreateCmk(_a, "k", [_msa]);
        foreach (SelectionApproval approval in new[] { _msa.Decide(_toB, key), _msa.Decide(_toB) })
            AssertRefusedByTpm(ApprovalFault.ForAnotherDestination, _toC, approval);
        // Whatever the document says: what was signed for the TPM is what counts.
        AssertRefusedByTpm(ApprovalFault.ForAnotherDestination, _toC, _msa.Decide(_toB, key) with { DestinationName = _toC.Parent.Name });
    }

    [Fact]
    public void The_TPM_refuses_an_approval_that_was_altered()
    {
        StoredKey key = Msa.CreateCmk(_a, "k", [_msa]);
        SelectionApproval good = _msa.Decide(_toB, key);
        PolicyAuthorization signed = Assert.Single(good.PolicyAuthorizations);
        SelectionApproval With(PolicyAuthorization other) => good with { PolicyAuthorizations = [other] };

        // For any key, where one was approved; a policy that leads to C; another reference; another signature.
        AssertRefusedByTpm(ApprovalFault.ForAnotherDestination, _toB, good with { Key = null });
        AssertRefusedByTpm(ApprovalFault.Altered, _toC, With(signed with { ApprovedPolicy = SelectionApprover.ApprovedPolicy(TpmAlgId.Sha256, key.PublicArea().Name, _toC.Parent.Name) }));
        AssertRefusedByTpm(ApprovalFault.Altered, _toB, With(signed with { PolicyRef = [1] }));
        AssertRefusedByTpm(ApprovalFault.Altered, _toB, With(signed with { Signature = signed.Signature with { R = [.. signed.Signature.R.Reverse()] } }));
        // The authority's own signature, for another purpose than ours.
        byte[] reference = Encoding.ASCII.GetBytes("other");
        AssertRefusedByTpm(ApprovalFault.ForAnotherDestination, _toB, With(signed with { PolicyRef = reference, Signature = _msa.Sign(TpmHash.Digest(TpmAlgId.Sha256, signed.ApprovedPolicy, reference)) }));

        MigrationTests.Import(_b, MigrationTests.Export(_a, _toB, ["k"], [good]));
    }

    [Fact]
    public void The_TPM_refuses_the_word_of_another_authority()
    {
        using var stranger = new Msa();
        StoredKey key = Msa.CreateCmk(_a, "k", [_msa]);
        SelectionApproval foreign = stranger.Decide(_toB, key);
        Assert.Equal(ApprovalFault.ForAnotherKey, Assert.Throws<ApprovalException>(() => MigrationTests.Export(_a, _toB, ["k"], [foreign])).Fault);

        // Asked directly, the TPM says the same: what another authority authorized is another policy.
        TpmException refusal = RefusedDuplicate(key, (device, session) =>
        {
            PolicyAuthorization authorization = foreign.PolicyAuthorizations[0];
            TpmtTicket ticket = Verify(device, stranger, authorization);
            device.Execute(new PolicyAuthValue { PolicySession = session });
            device.Execute(new PolicyDuplicationSelect { PolicySession = session, ObjectName = key.PublicArea().Name, NewParentName = _toB.Parent.Name, IncludeObject = true });
            device.Execute(new PolicyAuthorize { PolicySession = session, ApprovedPolicy = authorization.ApprovedPolicy, PolicyRef = authorization.PolicyRef, KeySign = stranger.Authority.TpmName, CheckTicket = ticket });
        });
        Assert.True(refusal.Code == TpmRc.PolicyFail, refusal.Message);
    }

    [Fact]
    public void The_Owner_cannot_override_the_authority()
    {
        StoredKey key = Msa.CreateCmk(_a, "k", [_msa]);
        Assert.Equal(KeyFault.NeedsSelectionAuthority, Assert.Throws<KeyException>(() => _a.Approve("k", _toB)).Fault);
        Assert.Equal(KeyFault.NeedsSelectionAuthority, Assert.Throws<KeyException>(() => _a.Run(loader =>
        {
            using var exporter = new KeyExporter(loader, new ExportRequest { Destination = _toB, OwnerReason = "I am the Owner" }, new KeyPasswords());
            exporter.Add(key);
            return exporter.Finish();
        })).Fault);

        TpmException refusal = RefusedDuplicate(key, (device, session) =>
        {
            device.Execute(new PolicyAuthValue { PolicySession = session });
            device.Execute(new PolicySecret { AuthHandle = TpmHandle.Owner, PolicySession = session }, TpmAuthorization.Empty);
            device.Execute(new PolicyCommandCode { PolicySession = session, CommandCode = TpmCc.Duplicate });
        });
        Assert.True(refusal.Code == TpmRc.PolicyFail, refusal.Message);
    }

    [Fact]
    public void Each_of_several_authorities_can_let_a_key_go()
    {
        using Msa second = new(rsa: true), third = new();
        Msa.CreateCmk(_a, "k", [_msa, second, third]);
        foreach (Msa each in new[] { _msa, second, third })
            Assert.Equal(PackageCheck.Approvals, Checked(MigrationTests.Export(_a, _toB, ["k"], [each.Decide(_toB)])));
    }

    [Fact]
    public void A_word_that_serves_many_keys_is_verified_once()
    {
        foreach (string name in new[] { "k1", "k2", "k3" }) Msa.CreateCmk(_a, name, [_msa]);
        SelectionApproval approval = _msa.Decide(_toB);
        List<TpmCc> commands = [];
        MigrationPackage package = _a.Run(
            loader =>
            {
                using var exporter = new KeyExporter(loader, new ExportRequest { Destination = _toB, Approvals = [approval] }, new KeyPasswords());
                foreach (string name in new[] { "k1", "k2", "k3" }) exporter.Add(loader.Store.Find(name)!.Require());
                return exporter.Finish();
            },
            decorate: inner => new Listening(inner, commands));

        Assert.Single(commands, code => code == TpmCc.VerifySignature);
        Assert.Equal(3, commands.Count(code => code == TpmCc.Duplicate));
        // Load, three policy commands, Duplicate, FlushContext: as many as for an MK.
        Assert.Equal(3, commands.Count(code => code == TpmCc.PolicyAuthorize));
        Assert.Single(package.Approvals);
        Assert.Equal(3, MigrationTests.Import(_b, package).Count);
    }

    [Fact]
    public void A_denial_stands_against_what_was_approved_before()
    {
        StoredKey key = Msa.CreateCmk(_a, "k", [_msa]);
        SelectionApproval approval = _msa.Decide(_toB, key), denial = _msa.Decide(_toB, decision: SelectionDecision.Denied), elsewhere = _msa.Decide(_toC, decision: SelectionDecision.Denied);
        AssertRefused(ApprovalFault.Denied, approval, denial);
        AssertRefused(ApprovalFault.Denied, denial);
        AssertRefused(ApprovalFault.ForAnotherKey, _msa.Decide(_toB, new SelectedKey("other", [0, 11, .. new byte[32]]), SelectionDecision.Denied));
        MigrationTests.Export(_a, _toB, ["k"], [approval, elsewhere]);
        // Approved again, after that.
        ExportAsGiven(_toB, approval with { Created = denial.Created.AddSeconds(1) }, denial);
    }

    [Fact]
    public void An_approval_holds_in_its_time()
    {
        StoredKey key = Msa.CreateCmk(_a, "k", [_msa]);
        DateTime now = StoredKeys.Now();
        AssertRefused(ApprovalFault.Expired, _msa.Decide(_toB, key, from: now.AddHours(-2), until: now.AddHours(-1)));
        AssertRefused(ApprovalFault.NotYetValid, _msa.Decide(_toB, key, from: now.AddHours(1), until: now.AddHours(2)));
        // One that holds is found among those that do not.
        MigrationTests.Export(_a, _toB, ["k"], [_msa.Decide(_toB, key, from: now.AddHours(1), until: now.AddHours(2)), _msa.Decide(_toB, key)]);
    }

    [Fact]
    public void An_approval_for_one_package_is_good_for_one_package()
    {
        StoredKey key = Msa.CreateCmk(_a, "k", [_msa]);
        SelectionApproval once = _msa.Decide(_toB, key, singleUse: true);
        MigrationTests.Export(_a, _toB, ["k"], [once]);
        AssertRefused(ApprovalFault.Used, once);
        MigrationTests.Export(_a, _toB, ["k"], [once, _msa.Decide(_toB, key)]);
    }

    [Fact]
    public void The_approvals_in_a_package_are_those_that_its_TPM_asked_for()
    {
        using var stranger = new Msa();
        StoredKey key = Msa.CreateCmk(_a, "k", [_msa]);
        MigrationPackage package = MigrationTests.Export(_a, _toB, ["k"], [_msa.Decide(_toB, key)]);
        ApprovalFault Fault(params SelectionApproval[] approvals) =>
            Assert.Throws<ApprovalException>(() => PackageApprovals.Check(package with { Approvals = [.. approvals.Select(ApprovalDocument.ToBytes)] })).Fault;

        Assert.Equal(ApprovalFault.Missing, Fault());
        Assert.Equal(ApprovalFault.ForAnotherKey, Fault(stranger.Decide(_toB, key)));
        Assert.Equal(ApprovalFault.ForAnotherDestination, Fault(_msa.Decide(_toC, key)));
        Assert.Equal(ApprovalFault.Denied, Fault(_msa.Decide(_toB, decision: SelectionDecision.Denied)));
        Assert.Equal(ApprovalFault.Expired, Fault(_msa.Decide(_toB, key, from: package.Created.AddHours(-2), until: package.Created.AddHours(-1))));
        Assert.Equal(ApprovalFault.NotYetValid, Fault(_msa.Decide(_toB, key, from: package.Created.AddHours(1), until: package.Created.AddHours(2))));
        PackageApprovals.Check(package);
    }

    [Fact]
    public void A_document_that_was_altered_is_none()
    {
        string text = ApprovalDocument.Write(_msa.Decide(_toB, Msa.CreateCmk(_a, "k", [_msa])));
        Assert.IsType<SelectionApproval>(ApprovalDocument.Read(text));
        foreach ((string from, string to, ApprovalFault fault) in new[]
        {
            ("keyName=\"k\"", "keyName=\"l\"", ApprovalFault.Altered),
            ("singleUse=\"false\"", "singleUse=\"true\"", ApprovalFault.Altered),
            ("a new board", "an old board", ApprovalFault.Altered),
            ("decision=\"Approved\"", "decision=\"Denied\"", ApprovalFault.Altered),
            ("decision=\"Approved\" ", "", ApprovalFault.Malformed),
            ("<Signature ", "<Signed ", ApprovalFault.Malformed),
        })
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            Assert.Equal(fault, Assert.Throws<ApprovalException>(() => ApprovalDocument.Read(text.Replace(from, to, StringComparison.Ordinal))).Fault);
        }
    }

    private void AssertRefused(ApprovalFault fault, params SelectionApproval[] approvals) =>
        Assert.Equal(fault, Assert.Throws<ApprovalException>(() => MigrationTests.Export(_a, _toB, ["k"], approvals)).Fault);

    // Past the document, whose own signature would be found altered long before.
    private void AssertRefusedByTpm(ApprovalFault fault, MigrationDestination destination, SelectionApproval approval)
    {
        ApprovalException refusal = Assert.Throws<ApprovalException>(() => ExportAsGiven(destination, approval));
        Assert.Equal(fault, refusal.Fault);
        Assert.IsType<TpmException>(refusal.InnerException);
    }

    private MigrationPackage ExportAsGiven(MigrationDestination destination, params SelectionApproval[] approvals) => _a.Run(loader =>
    {
        using var exporter = new KeyExporter(loader, new ExportRequest { Destination = destination, Approvals = approvals }, new KeyPasswords());
        exporter.Add(loader.Store.Find("k")!.Require());
        return exporter.Finish();
    });

    private TpmException RefusedDuplicate(StoredKey key, Action<TpmDevice, TpmHandle> satisfy) => Assert.Throws<TpmException>(() => _a.Run(loader =>
    {
        using TpmSession session = TpmSession.Start(loader.Device, TpmSe.Policy, loader.StorageRoot);
        satisfy(loader.Device, session.Handle);
        TpmObject parent = loader.LoadExternal(_toB.Parent), loaded = loader.Load(key);
        return loader.Device.Execute(new Duplicate { ObjectHandle = loaded.Handle, NewParentHandle = parent.Handle }, session.Authorize([]));
    }));

    private static TpmtTicket Verify(TpmDevice device, Msa msa, PolicyAuthorization authorization)
    {
        TpmObject key = device.Execute(new LoadExternal { InPublic = msa.Authority.PublicArea, Hierarchy = TpmHandle.Owner });
        try
        {
            return device.Execute(new VerifySignature { KeyHandle = key.Handle, Digest = authorization.SignedDigest, Signature = authorization.Signature });
        }
        finally
        {
            device.Flush(key.Handle);
        }
    }

    private static PackageCheck Checked(MigrationPackage package)
    {
        PackageApprovals.Check(package);
        return PackageCheck.Approvals;
    }

    /// <summary>Notes the codes of the commands that pass.</summary>
    private sealed class Listening(ITpmTransport inner, List<TpmCc> commands) : ITpmTransport
    {
        public byte[] Transmit(byte[] command, CancellationToken cancellation)
        {
            commands.Add((TpmCc)new TpmReader([.. command.Skip(6).Take(4)]).ReadU32());
            return inner.Transmit(command, cancellation);
        }

        public void Dispose() => inner.Dispose();
    }
}
