using System;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Attestation;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;
using static TpmMigration.Tests.Attestation.CertifyingMachine;

namespace TpmMigration.Tests.Attestation;

/// <summary>What a verifier without a TPM learns from certifications that a real TPM made.</summary>
public sealed class CertificationTests
{
    private static readonly byte[] s_nonce = [1, 2, 3, 4, 5, 6, 7, 8];

    [Theory]
    [InlineData(1, 1, KeyAlgorithm.EccP256, KeyRole.Sign)]
    [InlineData(3, 1, KeyAlgorithm.Rsa2048, KeyRole.Decrypt)]
    [InlineData(3, 2, KeyAlgorithm.EccP384, KeyRole.Storage)]
    public void A_CMK_of_the_named_authorities_is_confirmed(int count, int quorum, KeyAlgorithm algorithm, KeyRole role)
    {
        using var machine = new Machine();
        SelectionAuthority[] authorities = MakeAuthorities(count);
        machine.CreateCertifiable("cmk", authorities, quorum, role, algorithm);

        CertifiedKey key = machine.Certify("cmk", s_nonce);
        CertificationReport report = Examine(key, key.Asking([.. authorities.Reverse()], quorum, s_nonce));

        Assert.Equal((CertificationCheck[])Enum.GetValues(typeof(CertificationCheck)), report.Findings.Select(f => f.Check));
        Assert.Equal([CertificationCheck.Endorsement], report.Findings.Where(f => f.Answer != CertificationAnswer.Passed).Select(f => f.Check));
        Assert.Equal(CertificationVerdict.Confirmed, report.Verdict);
        Assert.True(report.IsMadeThere);
        Assert.Equal(KeyKind.CertifiableMigratable, report.Classification!.Kind);
    }

    [Fact]
    public void Without_a_known_attestation_key_nothing_is_confirmed()
    {
        using var machine = new Machine();
        machine.Create("k");
        CertifiedKey key = machine.Certify("k");

        CertificationReport report = Examine(key, new CertificationQuestions());
        Assert.Equal(CertificationVerdict.NotProven, report.Verdict);
        Assert.Equal([CertificationCheck.KnownAttestationKey], report.Checks(CertificationAnswer.NotProven));
        Assert.Contains(Hex.Format(key.Certification.AttestationKey.Name), report.Reason(CertificationCheck.KnownAttestationKey), StringComparison.Ordinal);

        Assert.Equal([CertificationCheck.KnownAttestationKey], Examine(key, new CertificationQuestions { AttestationKeys = [key.TpmName] }).Checks(CertificationAnswer.Failed));
    }

    [Fact]
    public void Whose_CMK_it_is_is_said_where_nobody_asked()
    {
        using var machine = new Machine();
        SelectionAuthority[] authorities = MakeAuthorities(2);
        machine.CreateCertifiable("cmk", authorities, 2);
        CertifiedKey key = machine.Certify("cmk");

        CertificationReport report = Examine(key, key.Asking());

        Assert.Equal(CertificationVerdict.Confirmed, report.Verdict);
        Assert.Equal([CertificationCheck.Nonce, CertificationCheck.Policy, CertificationCheck.Endorsement], report.Checks(CertificationAnswer.NotAsked));
        Assert.All(authorities, authority => Assert.Contains(Hex.Format(authority.TpmName), report.Reason(CertificationCheck.Policy), StringComparison.Ordinal));
    }

    [Fact]
    public void An_MK_another_authoritys_CMK_and_another_quorum_are_refused()
    {
        using var machine = new Machine();
        SelectionAuthority[] authorities = MakeAuthorities(3);
        machine.Create("mk");
        machine.CreateCertifiable("one", [authorities[0]]);
        machine.CreateCertifiable("quorum", authorities, 2);
        machine.CreateCertifiable("more", authorities);

        void Refused(string name, SelectionAuthority[] asked, int quorum)
        {
            CertifiedKey key = machine.Certify(name);
            CertificationReport report = Examine(key, key.Asking(asked, quorum));
            Assert.Equal(CertificationVerdict.Refused, report.Verdict);
            Assert.Equal([CertificationCheck.Policy], report.Checks(CertificationAnswer.Failed));
        }

        Refused("mk", [authorities[0]], 1);
        Refused("one", [authorities[1]], 1);
        Refused("quorum", authorities, 3);
        Refused("quorum", authorities, 1);
        Refused("more", [authorities[0]], 1); // Others may let it go as well.
        Refused("more", authorities, 2);

        // It tells a CMK's policy beside its own.
        CertifiedKey posing = machine.Certify("mk") with { Policy = new SelectionPolicy([authorities[0].TpmName]).Branches };
        Assert.Equal([CertificationCheck.Policy], Examine(posing, posing.Asking([authorities[0]])).Checks(CertificationAnswer.Failed));
        Assert.Equal([CertificationCheck.Policy], Examine(posing, posing.Asking()).Checks(CertificationAnswer.Failed));
    }

    [Fact]
    public void A_policy_that_the_document_does_not_tell_is_found_by_its_authorities()
    {
        using var machine = new Machine();
        SelectionAuthority[] authorities = MakeAuthorities(2);
        machine.CreateCertifiable("cmk", authorities, 2);
        CertifiedKey key = machine.Certify("cmk") with { Policy = [] };
        Assert.Equal(CertificationVerdict.Confirmed, Examine(key, key.Asking(authorities, 2)).Verdict);
        Assert.Equal(KeyKind.UnknownPolicy, Examine(key, key.Asking()).Classification!.Kind);
    }

    [Fact]
    public void A_key_bound_to_its_TPM_is_no_CMK()
    {
        using var machine = new Machine();
        machine.Run(PlatformSigningKey.Ensure);
        CertifiedKey key = machine.Certify(PlatformSigningKey.Name);
        Assert.Equal(KeyKind.NonMigratable, Examine(key, new CertificationQuestions()).Classification!.Kind);
        Assert.Equal([CertificationCheck.Attributes, CertificationCheck.Policy], Examine(key, key.Asking(MakeAuthorities(1))).Checks(CertificationAnswer.Failed));
    }

    [Fact]
    public void A_CMK_below_a_key_that_its_owner_can_migrate_is_refused()
    {
        using var machine = new Machine();
        SelectionAuthority[] authorities = MakeAuthorities(1);
        machine.Create("mk", KeyRole.Storage);
        machine.CreateCertifiable("above", authorities, role: KeyRole.Storage);
        machine.CreateCertifiable("escaping", authorities, parent: "mk");
        machine.CreateCertifiable("held", authorities, parent: "above");
        machine.Create("following", parent: "above", movesWithParent: true);

        CertifiedKey escaping = machine.Certify("escaping");
        CertificationReport report = Examine(escaping, escaping.Asking(authorities));
        Assert.Equal([CertificationCheck.Parent], report.Checks(CertificationAnswer.Failed));
        Assert.Contains("takes the key along", report.Reason(CertificationCheck.Parent), StringComparison.Ordinal);

        // Neither hiding the parent nor telling another helps.
        CertifiedKey silent = escaping with { Ancestors = null };
        Assert.Equal([CertificationCheck.Parent], Examine(silent, silent.Asking(authorities)).Checks(CertificationAnswer.NotProven));
        CertifiedKey lying = escaping with { Ancestors = [escaping.Ancestors![1]] };
        Assert.Equal([CertificationCheck.Parent], Examine(lying, lying.Asking(authorities)).Checks(CertificationAnswer.Failed));

        CertifiedKey held = machine.Certify("held"), following = machine.Certify("following");
        Assert.Equal(CertificationVerdict.Confirmed, Examine(held, held.Asking(authorities)).Verdict);
        Assert.Equal(CertificationVerdict.Confirmed, Examine(following, following.Asking(authorities)).Verdict);
    }

    [Fact]
    public void A_certification_that_was_made_for_another_nonce_or_none_is_refused()
    {
        using var machine = new Machine();
        machine.Create("k");
        CertifiedKey key = machine.Certify("k", s_nonce), without = machine.Certify("k");
        byte[] other = [9, 9, 9, 9];
        Assert.Equal([CertificationCheck.Nonce], Examine(key, key.Asking(nonce: other)).Checks(CertificationAnswer.Failed));
        Assert.Equal([CertificationCheck.Nonce], Examine(without, without.Asking(nonce: other)).Checks(CertificationAnswer.Failed));
        CertifiedKey altered = key with { Nonce = other };
        Assert.Equal([CertificationCheck.Nonce], Examine(altered, altered.Asking(nonce: other)).Checks(CertificationAnswer.Failed));
        // One statement is new and the other replayed.
        CertifiedKey mixed = key with { Creation = without.Creation };
        Assert.Equal([CertificationCheck.Creation], Examine(mixed, mixed.Asking(nonce: s_nonce)).Checks(CertificationAnswer.Failed));
        Assert.Throws<ArgumentException>(() => machine.Certify("k", new byte[33]));
    }

    [Fact]
    public void A_key_that_came_from_elsewhere_is_certified_and_not_made_here()
    {
        using var source = new Machine();
        using var target = new Machine();
        source.Create("k");
        MigrationDestination destination = target.Destination();
        MigrationPackage package = MigrationTests.Export(source, destination, ["k"], [source.Approve("k", destination)]);
        CertifiedKey before = source.Certify("k");
        MigrationTests.Import(target, package);

        CertifiedKey after = target.Certify("k");
        Assert.Equal(before.TpmName, after.TpmName);
        Assert.Null(after.Creation);
        CertificationReport report = Examine(after, after.Asking());
        Assert.Equal([CertificationCheck.Creation], report.Checks(CertificationAnswer.NotProven));
        Assert.Equal(CertificationVerdict.NotProven, report.Verdict);
        Assert.False(report.IsMadeThere);
        Assert.Equal(CertificationVerdict.Confirmed, Examine(after, after.Asking() with { MadeThere = false }).Verdict);

        // The proof of the source is by another attestation key, and its ticket is another TPM's.
        CertifiedKey borrowed = after with { Creation = before.Creation };
        Assert.Equal([CertificationCheck.Creation], Examine(borrowed, borrowed.Asking()).Checks(CertificationAnswer.Failed));
        StoredKey mine = source.Store.Find("k")!.Require(), theirs = target.Store.Find("k")!.Require();
        target.Store.Commit([KeyChange.Delete("k"), KeyChange.Add(theirs.Record with { Name = "k2", Creation = mine.Record.Creation }, theirs.KeyFile)]);
        CertificationException refused = Assert.Throws<CertificationException>(() => target.Certify("k2"));
        Assert.Equal(CertificationFault.CreationRefused, refused.Fault);
    }

    [Fact]
    public void That_a_key_was_made_here_can_be_certified_after_a_restart_and_the_key_is_gone_after_a_clear()
    {
        using var machine = new Machine();
        machine.Create("k");
        string attestationKey = Hex.Format(machine.Certify("k").Certification.AttestationKey.Name);
        machine.Tpm.Restart();
        CertifiedKey key = machine.Certify("k");
        Assert.Equal(attestationKey, Hex.Format(key.Certification.AttestationKey.Name));
        Assert.True(Examine(key, key.Asking()).IsMadeThere);

        machine.Tpm.Tool("tpm2_clear", "-c", "p");
        KeyException gone = Assert.Throws<KeyException>(() => machine.Certify("k"));
        Assert.Equal(KeyFault.ForAnotherTpm, gone.Fault);
    }

    [Fact]
    public void Keys_with_passwords_are_certified_with_them_only()
    {
        using var machine = new Machine();
        using KeyPasswords right = Machine.Password(key: "secret"), wrong = Machine.Password(key: "wrong"), none = new();
        machine.Create("k", passwords: right);
        Assert.False(Assert.Throws<KeyAuthorizationException>(() => machine.Certify("k", passwords: none)).WasTried);
        Assert.True(Assert.Throws<KeyAuthorizationException>(() => machine.Certify("k", passwords: wrong)).WasTried);
        CertifiedKey key = machine.Certify("k", passwords: right);
        Assert.Equal(CertificationVerdict.Confirmed, Examine(key, key.Asking()).Verdict);
    }

    [Fact]
    public void The_attestation_key_and_keys_that_only_their_policy_lets_certify_are_not_certified()
    {
        using var machine = new Machine();
        machine.Create("k");
        machine.Certify("k");
        Assert.Equal(CertificationFault.NotCertifiable, Assert.Throws<CertificationException>(() => machine.Certify(AttestationKey.Name)).Fault);
        machine.Tpm.Tool("tpm2_createek", "-c", "0x81010001", "-G", "rsa", "-u", "ek.pub");
        machine.Tpm.Tool("tpm2_flushcontext", "-t");
        Assert.Equal(CertificationFault.NotCertifiable, Assert.Throws<CertificationException>(() => machine.Certify("0x81010001")).Fault);
        Assert.Equal(KeyFault.NotFound, Assert.Throws<KeyException>(() => machine.Certify("0x81000077")).Fault);
        Assert.Equal(KeyFault.NotFound, Assert.Throws<KeyException>(() => machine.Certify("nobody")).Fault);
    }

    [Fact]
    public void The_next_key_takes_four_commands()
    {
        using var machine = new Machine();
        machine.Create("a");
        machine.Create("b");
        RecordingTransport? recording = null;
        machine.Run(
            loader =>
            {
                using var certifier = new KeyCertifier(loader, new KeyPasswords());
                certifier.Certify("a", []);
                int before = recording!.Exchanges.Count;
                certifier.Certify("b", []);
                uint[] codes = [.. recording.Exchanges.Skip(before).Select(e => BitConverter.ToUInt32([.. e.Command.Skip(6).Take(4).Reverse()], 0))];
                Assert.Equal([(uint)TpmCc.Load, (uint)TpmCc.Certify, (uint)TpmCc.CertifyCreation, (uint)TpmCc.FlushContext], codes);
                return 0;
            },
            decorate: inner => recording = new RecordingTransport(inner));
    }
}
