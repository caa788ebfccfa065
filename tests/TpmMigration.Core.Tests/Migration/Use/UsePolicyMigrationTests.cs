using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tests.Migration.Receipts;
using TpmMigration.Tests.Packages;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Migration.Use;

/// <summary>Keys whose use is bound to PCRs migrate as others do, and are proven where the destination is in the state that they expect.</summary>
public sealed class UsePolicyMigrationTests : IDisposable
{
    private readonly Machine _a = new();
    private readonly Machine _b = new();
    private readonly MigrationDestination _toB;

    public UsePolicyMigrationTests() => _toB = _b.Destination();

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }

    [Theory]
    [InlineData(KeyRole.Sign, KeyAlgorithm.EccP256, "")]
    [InlineData(KeyRole.Sign, KeyAlgorithm.Rsa2048, "1234")]
    [InlineData(KeyRole.Decrypt, KeyAlgorithm.EccP384, "1234")]
    [InlineData(KeyRole.Decrypt, KeyAlgorithm.Rsa2048, "")]
    public void An_MK_migrates_and_is_proven_in_the_state_that_it_expects(KeyRole role, KeyAlgorithm algorithm, string pin)
    {
        StoredKey key = _a.CreateBound("k", role: role, algorithm: algorithm, pin: pin);
        Assert.Equal(KeyKind.Migratable, Kind(key));
        KeyPasswords passwords = Machine.Password(key: pin);
        MigrationPackage package = MigrationTests.Export(_a, _toB, ["k"], [_a.Approve("k", _toB)], passwords);
        Assert.Equal(nameof(KeyKind.Migratable), Assert.Single(package.Keys).Kind);

        List<TpmCc> commands = [];
        StoredKey imported = Assert.Single(_b.Run(
            loader => new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer }, Machine.Password(key: pin)).Import(SignedText.Read(SignedText.Write(package))),
            Machine.Password(key: pin),
            inner => new Listening(inner, commands)));
        Assert.Equal(key.PublicArea().Name, imported.PublicArea().Name);
        Assert.Equal(key.Record.ExpectedPcrs.Select(pcr => pcr.ToString()), imported.Record.ExpectedPcrs.Select(pcr => pcr.ToString()));
        Assert.Equal(PcrMachine.UseOf(key)!.ToString(), PcrMachine.UseOf(imported)!.ToString());
        // What it costs: the PCRs are read once, and the branch is satisfied for the proof.
        Assert.Single(commands, TpmCc.PcrRead);
        Assert.Single(commands, TpmCc.PolicyPcr);
        Assert.Equal(KeyKind.Migratable, Kind(imported));
        // And on from there, back to where it came from.
        MigrationDestination back = _a.Destination();
        _a.Store.Commit([KeyChange.Delete("k")], TestContext.Current.CancellationToken);
        MigrationTests.Import(_a, MigrationTests.Export(_b, back, ["k"], [_b.Approve("k", back)], passwords), passwords);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(8, 4)]
    public void A_CMK_migrates_with_the_word_of_its_authorities_and_no_other_way(int count, int quorum)
    {
        Msa[] msas = [.. Enumerable.Range(0, count).Select(_ => new Msa())];
        try
        {
            StoredKey key = _a.CreateBound("k", authorities: msas, quorum: quorum, pin: "1234");
            KeyClassification classification = KeyClassification.Of(key.PublicArea(), key.Record.PolicyBranches);
            Assert.Equal((KeyKind.CertifiableMigratable, quorum, count), (classification.Kind, classification.Selection!.Quorum, classification.Selection.Authorities.Count));
            SelectionApproval[] approvals = [.. msas.TakeLast(quorum).Select(msa => msa.Decide(_toB, key))];
            MigrationPackage package = MigrationTests.Export(_a, _toB, ["k"], approvals, Machine.Password(key: "1234"));
            PackageApprovals.Check(package);
            Assert.Equal(KeyKind.CertifiableMigratable, Kind(Assert.Single(MigrationTests.Import(_b, package, Machine.Password(key: "1234")))));

            Assert.Equal(KeyFault.NeedsSelectionAuthority, Assert.Throws<KeyException>(() => _a.Approve("k", _toB)).Fault);
            MigrationDestination elsewhere = _a.Destination();
            Assert.Equal(ApprovalFault.ForAnotherDestination, Assert.Throws<ApprovalException>(() => MigrationTests.Export(_a, elsewhere, ["k"], approvals, Machine.Password(key: "1234"))).Fault);
            Assert.Equal(ApprovalFault.Missing, Assert.Throws<ApprovalException>(() => PackageApprovals.Check(package with { Approvals = [] })).Fault);
        }
        finally
        {
            foreach (Msa msa in msas) msa.Dispose();
        }
    }

    [Fact]
    public void A_key_that_its_source_can_no_longer_use_still_migrates_to_where_it_can_be_used()
    {
        _a.CreateBound("k");
        _a.Extend(0);
        Assert.Throws<TpmException>(() => _a.Sign("k"));
        MigrationTests.Import(_b, MigrationTests.Export(_a, _toB, ["k"], [_a.Approve("k", _toB)]));
        _b.Sign("k");
    }

    [Fact]
    public void The_Owner_can_export_it_directly_and_no_approval_of_another_destination_helps()
    {
        _a.CreateBound("k");
        MigrationPackage package = _a.Run(loader =>
        {
            using var exporter = new KeyExporter(loader, new ExportRequest { Destination = _toB, OwnerReason = "board failed" }, new KeyPasswords());
            exporter.Add(loader.Store.Find("k")!.Require());
            return exporter.Finish();
        });
        Assert.Single(MigrationTests.Import(_b, package));
        MigrationDestination elsewhere = _a.Destination();
        Assert.Equal(ApprovalFault.ForAnotherDestination, Assert.Throws<ApprovalException>(() => MigrationTests.Export(_a, elsewhere, ["k"], [_a.Approve("k", _toB)])).Fault);
    }

    [Fact]
    public void A_machine_in_another_state_says_which_PCRs_differ_and_stores_nothing()
    {
        StoredKey key = _a.CreateBound("k");
        _a.Create("plain");
        MigrationPackage package = MigrationTests.Export(_a, _toB, ["k", "plain"], [_a.Approve("k", _toB), _a.Approve("plain", _toB)]);
        _b.Extend(7);
        ImportException error = Scene.Fails<ImportException>(_b, () => MigrationTests.Import(_b, package));
        Assert.Equal(ImportFault.PcrMismatch, error.Fault);
        string expected = Hex.Format(key.Record.ExpectedPcrs[2].Digest);
        Assert.Contains($"The key 'k' can be used only with certain values of PCRs, which differ here, so it cannot be proven to work: sha256:7 is to be {expected} and is ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sha256:0", error.Message, StringComparison.Ordinal);
        Assert.Equal(["k"], _b.Run(loader => new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer }, new KeyPasswords()).Obstacles(package).Select(obstacle => obstacle.KeyName)));

        // Without proof it comes in, and works when the machine is in the state.
        IReadOnlyList<StoredKey> imported = MigrationTests.Import(_b, package, request: new ImportRequest { Trust = Trusted.Signer, SkipProof = true });
        Assert.Equal(2, imported.Count);
        Assert.Throws<TpmException>(() => _b.Sign("k"));
        _b.Tpm.Restart();
        _b.Sign("k");
    }

    [Fact]
    public void Proof_is_skipped_only_where_the_PCRs_differ_and_a_key_that_does_not_fit_is_found()
    {
        _a.CreateBound("k");
        MigrationPackage package = MigrationTests.Export(_a, _toB, ["k"], [_a.Approve("k", _toB)]);
        List<TpmCc> commands = [];
        _b.Run(
            loader => new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer, SkipProof = true }, new KeyPasswords()).Import(package with { Signature = SignedText.Read(SignedText.Write(package)).Signature }),
            decorate: inner => new Listening(inner, commands));
        Assert.Single(commands, TpmCc.Sign);
    }

    [Fact]
    public void Values_that_are_not_told_are_known_by_their_digest()
    {
        _a.CreateBound("k");
        MigrationPackage package = MigrationTests.Export(_a, _toB, ["k"], [_a.Approve("k", _toB)]);
        MigrationPackage silent = package with { Keys = [package.Keys[0] with { ExpectedPcrs = [] }] };
        _b.Extend(2);
        ImportException error = Scene.Fails<ImportException>(_b, () => MigrationTests.Import(_b, silent));
        Assert.Equal(ImportFault.PcrMismatch, error.Fault);
        Assert.Contains("sha256:2 does not have the value it had, or another PCR of the key does not", error.Message, StringComparison.Ordinal);
        _b.Tpm.Restart();
        Assert.Empty(Assert.Single(MigrationTests.Import(_b, silent)).Record.ExpectedPcrs);
    }

    [Fact]
    public void A_rehearsal_takes_the_key_in_and_tells_of_the_PCRs()
    {
        _a.CreateBound("k", pin: "1234");
        MigrationPackage package = MigrationTests.Export(_a, _toB, ["k"], [_a.Approve("k", _toB)], Machine.Password(key: "1234"));
        PackageFinding Rehearsed(string pin) => _b.Run(loader => new PackageRehearsal(loader, Machine.Password(key: pin)).Run(package).Single(finding => finding.Check == PackageCheck.Key));
        Assert.Contains("and it works.", Rehearsed("1234").Reason, StringComparison.Ordinal);
        _b.Extend(0);
        foreach (string pin in new[] { "", "1234" })
        {
            PackageFinding finding = Rehearsed(pin);
            Assert.Equal(CheckVerdict.Passed, finding.Verdict);
            Assert.Contains("bound to PCRs that differ here: sha256:0 is to be ", finding.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_key_that_moves_with_its_parent_can_have_a_use_policy_and_nothing_else()
    {
        _a.Create("group", KeyRole.Storage);
        StoredKey child = _a.CreateBound("k", parent: "group", movesWithParent: true, pin: "1234");
        Assert.Equal(KeyKind.MovesWithParent, Kind(child));
        Assert.Single(child.Record.PolicyBranches);
        _a.CreateBound("own", parent: "group");
        Assert.Equal(KeyFault.MovesWithParent, Assert.Throws<KeyException>(() => _a.Approve("k", _toB)).Fault);

        MigrationPackage package = MigrationTests.Export(_a, _toB, ["group"], [_a.Approve("group", _toB)], Machine.Password(key: "1234"));
        MigrationTests.Import(_b, package, Machine.Password(key: "1234"));
        _b.Sign("k", "1234");
        _b.Sign("own");
        _b.Extend(7);
        Assert.Throws<TpmException>(() => _b.Sign("k", "1234"));
    }

    [Fact]
    public void Its_destination_can_give_a_receipt()
    {
        _a.CreateBound("k", pin: "1234");
        MigrationPackage package = MigrationTests.Export(_a, _toB, ["k"], [_a.Approve("k", _toB)], Machine.Password(key: "1234"));
        string receipt = ReceiptScene.Receive(_b, package, Machine.Password(key: "1234"));
        Assert.Equal("k", Assert.Single(_a.Run(loader => new ReceiptExaminer(loader.Store, ReceiptDocument.Read(receipt), _ => ReceiptScene.Unknown).Plan("k"))).Name);
    }

    [Fact]
    public void As_a_single_key_it_is_proven_by_what_its_file_tells()
    {
        _a.CreateBound("k", pin: "1234");
        TpmKeyFile file = KeyExchange.ToImportable(MigrationTests.Export(_a, _toB, ["k"], [_a.Approve("k", _toB)], Machine.Password(key: "1234")));
        file = TpmKeyFile.FromPem(file.ToPem());
        StoredKey Import(string name, bool skip = false) => _b.Run(
            loader => new ImportableKeyImporter(loader, new ImportableKeyRequest { Name = name, SkipProof = skip }, Machine.Password(key: "1234")).Import(file), Machine.Password(key: "1234"));
        Assert.NotNull(PcrMachine.UseOf(Import("k")));
        _b.Sign("k", "1234");
        _b.Extend(0);
        Assert.Equal(ImportFault.PcrMismatch, Scene.Fails<ImportException>(_b, () => Import("other")).Fault);
        Import("other", skip: true);
    }

    [Fact]
    public void Without_a_use_policy_an_export_takes_as_many_commands_as_before()
    {
        _a.Create("plain");
        _a.CreateBound("bound");
        OwnerApproval[] approvals = [_a.Approve("plain", _toB), _a.Approve("bound", _toB)];
        List<TpmCc> Commands(string name)
        {
            List<TpmCc> commands = [];
            _a.Run(
                loader =>
                {
                    using var exporter = new KeyExporter(loader, new ExportRequest { Destination = _toB, Approvals = approvals }, new KeyPasswords());
                    exporter.Add(loader.Store.Find(name)!.Require());
                    return exporter.Finish();
                },
                decorate: inner => new Listening(inner, commands));
            return commands;
        }

        Assert.DoesNotContain(TpmCc.PolicyOr, Commands("plain"));
        Assert.Equal(Commands("plain").Append(TpmCc.PolicyOr).Order(), Commands("bound").Order());
    }

    private static KeyKind Kind(StoredKey key) => KeyClassification.Of(key.PublicArea(), key.Record.PolicyBranches).Kind;

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
