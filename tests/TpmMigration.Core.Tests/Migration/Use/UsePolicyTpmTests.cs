using System;
using System.Collections.Generic;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Migration.Use;

/// <summary>What a TPM lets be done with a key whose use is bound to PCRs and a PIN, and what not.</summary>
public sealed class UsePolicyTpmTests : IDisposable
{
    private readonly Machine _a = new();
    private readonly Machine _b = new();

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("1234")]
    public void A_key_signs_in_the_state_and_with_the_PIN_it_was_made_with(string pin)
    {
        StoredKey key = _a.CreateBound("k", pin: pin);
        Assert.False(key.PublicArea().Has(TpmaObject.UserWithAuth));
        Assert.True(key.PublicArea().Verifies(new byte[32], _a.Sign("k", pin)));

        // A PCR that was not named may change, one that was may not.
        _a.Extend(4);
        _a.Sign("k", pin);
        _a.Extend(7);
        TpmException refusal = Assert.Throws<TpmException>(() => _a.Sign("k", pin));
        Assert.Equal((TpmCc.PolicyPcr, TpmRc.ValueCode), (refusal.Command, refusal.Code));

        // As after a start in the former state.
        _a.Tpm.Restart();
        _a.Sign("k", pin);
    }

    [Fact]
    public void A_PCR_that_changes_between_check_and_use_is_noticed()
    {
        _a.CreateBound("k");
        TpmException refusal = Assert.Throws<TpmException>(() => _a.Run(loader =>
        {
            StoredKey key = loader.Store.Find("k")!.Require();
            TpmObject loaded = loader.Load(key);
            using var use = new KeyUse(loader, loaded, key.Record.PolicyBranches, []);
            loader.Device.Execute(new PcrExtend7(), TpmAuthorization.Empty);
            return loader.Device.Execute(PcrMachine.Signing(loaded), use.Authorize());
        }));
        Assert.True(refusal.Code == TpmRc.PcrChanged, refusal.Message);
    }

    [Fact]
    public void Neither_the_PIN_alone_nor_the_PCRs_alone_are_enough()
    {
        StoredKey key = _a.CreateBound("k", pin: "1234");
        using KeyPasswords pin = Machine.Password(key: "1234");

        // The PIN in a session, as other keys take it: userWithAuth is clear.
        TpmException refusal = Refused(key, (loader, loaded) => loader.Session.Authorize(pin.Key));
        Assert.True(refusal.Code == TpmRc.AuthUnavailable, refusal.Message);

        // The PCRs without PolicyAuthValue.
        refusal = Refused(key, (loader, _) => InSession(loader, session =>
        {
            PcrStep pcrs = PcrStep.Read(TpmAlgId.Sha256, key.Record.PolicyBranches[0][0]);
            loader.Device.Execute(new PolicyPcr { PolicySession = session, PcrDigest = pcrs.PcrDigest, Pcrs = pcrs.Pcrs });
            // The TPM does not take another branch's digest for the session's own.
            loader.Device.Execute(new PolicyOr { PolicySession = session, HashList = PolicyBranches.OrPath(TpmAlgId.Sha256, key.Record.PolicyBranches, 0)[0] });
        }));
        Assert.Equal((TpmCc.PolicyOr, TpmRc.ValueCode), (refusal.Command, refusal.Code));
    }

    [Fact]
    public void A_wrong_PIN_is_told_and_counts_towards_lockout()
    {
        StoredKey key = _a.CreateBound("k", pin: "1234");
        Assert.False(key.PublicArea().Has(TpmaObject.NoDa));
        MigrationDestination destination = _b.Destination();
        MigrationPackage package = MigrationTests.Export(_a, destination, ["k"], [_a.Approve("k", destination)], Machine.Password(key: "1234"));
        KeyAuthorizationException error = Assert.Throws<KeyAuthorizationException>(() => MigrationTests.Import(_b, package, Machine.Password(key: "4321")));
        Assert.Contains("The password of the key 'k' is wrong or missing. The TPM counts 1 of", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("k", _b.StoredNames());
    }

    [Theory]
    [InlineData("")]
    [InlineData("1234")]
    public void The_branch_for_use_lets_nobody_duplicate_the_key(string pin)
    {
        StoredKey key = _a.CreateBound("k", pin: pin);
        foreach (bool named in new[] { false, true })
        {
            TpmException refusal = Assert.Throws<TpmException>(() => Duplicate(key, pin, (device, session) =>
            {
                PcrMachine.Satisfy(device, session, key, 0);
                // Naming the command afterwards makes another policy of it.
                if (named) device.Execute(new PolicyCommandCode { PolicySession = session, CommandCode = TpmCc.Duplicate });
            }));
            Assert.True(refusal.Command == TpmCc.Duplicate && refusal.Code == TpmRc.PolicyFail, refusal.Message);
        }
        // Nor does naming it first.
        TpmException early = Assert.Throws<TpmException>(() => Duplicate(key, pin, (device, session) =>
        {
            device.Execute(new PolicyCommandCode { PolicySession = session, CommandCode = TpmCc.Duplicate });
            PcrMachine.Satisfy(device, session, key, 0);
        }));
        Assert.Equal((TpmCc.PolicyOr, TpmRc.ValueCode), (early.Command, early.Code));
        // The very same way through the other branch does it.
        Duplicate(key, pin, (device, session) => PcrMachine.Satisfy(device, session, key, 1));
    }

    [Fact]
    public void The_branch_for_migration_lets_nobody_sign()
    {
        StoredKey key = _a.CreateBound("k", pin: "1234");
        using KeyPasswords pin = Machine.Password(key: "1234");
        TpmException refusal = Refused(key, (loader, _) => InSession(loader, session => PcrMachine.Satisfy(loader.Device, session, key, 1), pin.Key));
        Assert.True(refusal.Code == TpmRc.PolicyCc, refusal.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_word_of_authorities_to_let_a_CMK_go_lets_nobody_sign(int quorum)
    {
        using Msa one = new(), other = new(rsa: true);
        MigrationDestination toB = _b.Destination();
        StoredKey key = _a.CreateBound("k", authorities: [one, other], quorum: quorum);
        SelectionApproval[] approvals = [one.Decide(toB, key), other.Decide(toB, key)];
        TpmException refusal = Assert.Throws<TpmException>(() => _a.Run(loader =>
        {
            // What satisfies the policy for the export, used for a signature instead.
            using var none = new KeyPasswords();
            using TpmSession session = TpmSession.Start(loader.Device, TpmSe.Policy, loader.StorageRoot);
            KeyClassification classification = KeyClassification.Of(key.PublicArea(), key.Record.PolicyBranches);
            var choice = new SelectionChoice(approvals, toB, [], DateTime.UtcNow);
            SelectionPermission permission = choice.Choose("k", key.PublicArea(), key.Record.PolicyBranches, classification.Selection!);
            new SelectionAuthorization(loader, toB).Show(session, "k", key.PublicArea(), permission, innerWrap: false);
            TpmObject loaded = loader.Load(key);
            return loader.Device.Execute(PcrMachine.Signing(loaded), session.Authorize([]));
        }));
        Assert.True(refusal.Command == TpmCc.Sign && refusal.Code == TpmRc.PolicyCc, refusal.Message);
    }

    [Fact]
    public void More_PCRs_than_a_TPM_reads_at_once_and_several_banks_can_be_named()
    {
        StoredKey key = _a.CreateBound("k", "sha256:0,1,2,3,4,5,6,7,8,9,10+sha384:23");
        Assert.Equal(12, key.Record.ExpectedPcrs.Count);
        Assert.Equal("PCRs sha256:0,1,2,3,4,5,6,7,8,9,10+sha384:23 as recorded", PcrMachine.UseOf(key)!.ToString());
        _a.Sign("k");
        _a.Extend(10);
        Assert.Throws<TpmException>(() => _a.Sign("k"));
    }

    [Fact]
    public void The_values_that_are_recorded_are_those_of_tpm2_pcrread()
    {
        _a.Extend(2);
        StoredKey key = _a.CreateBound("k");
        string told = _a.Tpm.Tool("tpm2_pcrread", PcrMachine.Pcrs);
        Assert.Equal(3, key.Record.ExpectedPcrs.Count);
        Assert.All(key.Record.ExpectedPcrs, pcr => Assert.Contains($"{pcr.Index} : 0x{Hex.Format(pcr.Digest).ToUpperInvariant()}", System.Text.RegularExpressions.Regex.Replace(told, " +", " "), StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_TPM_or_a_role_does_not_have_is_refused_before_a_key_is_made()
    {
        Assert.Contains("storage key", Assert.Throws<ArgumentException>(() => _a.CreateBound("k", role: KeyRole.Storage)).Message, StringComparison.Ordinal);
        Assert.Contains("sha1", Assert.Throws<ArgumentException>(() => _a.CreateBound("k", "sha1:0")).Message, StringComparison.Ordinal);
        _a.Tpm.Tool("tpm2_pcrallocate", "sha1:none+sha256:all+sha384:none+sha512:none");
        _a.Tpm.Restart();
        Assert.Contains("does not have all of the PCRs", Assert.Throws<ArgumentException>(() => _a.CreateBound("k", "sha384:0")).Message, StringComparison.Ordinal);
        Assert.Empty(_a.StoredNames());
    }

    private TpmException Refused(StoredKey key, Func<KeyLoader, TpmObject, TpmAuthorization> authorize) => Assert.Throws<TpmException>(() => _a.Run(loader =>
    {
        TpmObject loaded = loader.Load(key);
        return loader.Device.Execute(PcrMachine.Signing(loaded), authorize(loader, loaded));
    }));

    private static TpmAuthorization InSession(KeyLoader loader, Action<TpmHandle> satisfy, byte[]? password = null)
    {
        // What is loaded is flushed with the device.
        TpmSession session = TpmSession.Start(loader.Device, TpmSe.Policy, loader.StorageRoot);
        satisfy(session.Handle);
        return session.Authorize(password ?? []);
    }

    private DuplicateResponse Duplicate(StoredKey key, string pin, Action<TpmDevice, TpmHandle> satisfy) => _a.Run(loader =>
    {
        using KeyPasswords passwords = Machine.Password(key: pin);
        using TpmSession session = TpmSession.Start(loader.Device, TpmSe.Policy, loader.StorageRoot);
        satisfy(loader.Device, session.Handle);
        TpmObject parent = loader.LoadExternal(loader.StorageRoot.PublicArea), loaded = loader.Load(key);
        return loader.Device.Execute(new Duplicate { ObjectHandle = loaded.Handle, NewParentHandle = parent.Handle }, session.Authorize(passwords.Key));
    });

    /// <summary>TPM2_PCR_Extend of PCR 7, Part 3, 22.2.</summary>
    private sealed class PcrExtend7 : TpmCommand
    {
        internal override TpmCc Code => (TpmCc)0x182;

        internal override IReadOnlyList<TpmHandle> Handles => [TpmHandle.Permanent(7)];

        internal override int AuthorizedHandles => 1;

        internal override void WriteParameters(TpmWriter writer)
        {
            writer.WriteU32(1);
            writer.WriteAlg(TpmAlgId.Sha256);
            writer.WriteBytes(new byte[32]);
        }
    }
}
