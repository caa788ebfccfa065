using System;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>Keys that may not go, and approvals that do not help: each is an error of its own, and the store stays as it was.</summary>
public sealed class ApprovalFaultTests : IDisposable
{
    private readonly Machine _a = new();
    private readonly Machine _b = new();
    private readonly MigrationDestination _destination;

    public ApprovalFaultTests() => _destination = _b.Destination();

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }

    [Fact]
    public void A_key_bound_to_its_TPM_is_neither_approved_nor_exported()
    {
        _a.Destination();
        AssertKeyFault(KeyFault.NotMigratable, AttestationKey.Name);
    }

    [Fact]
    public void A_key_that_moves_with_its_parent_does_not_go_alone()
    {
        _a.Create("top", KeyRole.Storage);
        _a.Create("k", parent: "top", movesWithParent: true);
        AssertKeyFault(KeyFault.MovesWithParent, "k");
    }

    [Fact]
    public void A_key_that_asks_for_an_inner_wrap_is_not_exported_without()
    {
        _a.Create("k", encryptedDuplication: true);
        OwnerApproval approval = _a.Approve("k", _destination);
        var error = Scene.Fails<KeyException>(_a, () => MigrationTests.Export(_a, _destination, ["k"], [approval]));
        Assert.Equal(KeyFault.NeedsInnerWrap, error.Fault);
        Assert.Contains("-RecoveryAgent or -RecoveryPassphrase", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_cannot_move_needs_a_parent_that_can() =>
        Assert.Equal(KeyFault.NotMigratable, Scene.Fails<KeyException>(_a, () => _a.Create("k", movesWithParent: true)).Fault);

    [Fact]
    public void Without_approval_nothing_goes()
    {
        _a.Create("k");
        ApprovalException error = AssertRefused(ApprovalFault.Missing, []);
        Assert.Contains("Approve-TpmMigration", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_approval_for_another_key_does_not_help_even_with_the_name_changed()
    {
        _a.Create("k");
        _a.Create("other");
        OwnerApproval approval = _a.Approve("other", _destination);
        AssertRefused(ApprovalFault.ForAnotherKey, [approval]);

        // Altered to look right, it is the TPM that refuses.
        byte[] name = _a.Store.Find("k")!.Require().PublicArea().Name;
        AssertRefused(ApprovalFault.ForAnotherDestination, [approval with { KeyName = "k", KeyTpmName = name }]);
    }

    [Fact]
    public void The_TPM_refuses_another_destination_even_if_the_document_is_altered()
    {
        using var c = new Machine();
        _a.Create("k");
        OwnerApproval approval = _a.Approve("k", c.Destination());
        ApprovalException error = AssertRefused(ApprovalFault.ForAnotherDestination, [approval with { DestinationName = _destination.Parent.Name }]);
        Assert.IsType<TpmException>(error.InnerException);
    }

    [Fact]
    public void An_approval_of_another_machine_does_not_help()
    {
        _a.Create("k");
        AssertRefused(ApprovalFault.ForAnotherMachine, [_a.Approve("k", _destination) with { MachineName = _destination.Parent.Name }]);
    }

    [Fact]
    public void An_approval_whose_time_is_over_does_not_help()
    {
        _a.Create("k");
        AssertRefused(ApprovalFault.Expired, [_a.Approve("k", _destination) with { ValidUntil = DateTime.UtcNow.AddSeconds(-1) }]);
    }

    [Fact]
    public void After_a_restart_of_the_TPM_an_approval_is_stale()
    {
        _a.Create("k");
        OwnerApproval approval = _a.Approve("k", _destination);
        _a.Tpm.Restart();
        ApprovalException error = AssertRefused(ApprovalFault.Stale, [approval]);
        Assert.Contains("restarted", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_altered_ticket_does_not_help()
    {
        _a.Create("k");
        OwnerApproval approval = _a.Approve("k", _destination);
        OwnerTicket ticket = approval.Ticket!;
        AssertRefused(ApprovalFault.Stale, [approval with { Ticket = ticket with { CpHash = Flip(ticket.CpHash) } }]);
        AssertRefused(ApprovalFault.Stale, [approval with { Ticket = ticket with { Ticket = ticket.Ticket with { Digest = Flip(ticket.Ticket.Digest) } } }]);
        // A later end, as the TPM writes it, is not what the TPM's proof is about.
        AssertRefused(ApprovalFault.Stale, [approval with { Ticket = ticket with { Timeout = Flip(ticket.Timeout) } }]);
        Assert.Throws<ApprovalException>(() => ApprovalDocument.Read(ApprovalDocument.Write(approval).Replace("<Reason>replace the board</Reason>", "<Reason> </Reason>", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_child_must_be_like_its_parent_in_encryptedDuplication_at_creation()
    {
        _a.Create("top", KeyRole.Storage);
        var error = Scene.Fails<KeyException>(_a, () => _a.Create("k", parent: "top", encryptedDuplication: true));
        Assert.Equal(KeyFault.EncryptedDuplicationMismatch, error.Fault);
    }

    [Fact]
    public void A_key_must_be_like_its_new_parent_in_encryptedDuplication_at_import()
    {
        _a.Create("k");
        _b.Create("vault", KeyRole.Storage, encryptedDuplication: true);
        MigrationDestination vault = _b.Destination("vault");
        MigrationPackage package = MigrationTests.Export(_a, vault, ["k"], [_a.Approve("k", vault)]);

        var error = Scene.Fails<KeyException>(_b, () => MigrationTests.Import(_b, package));

        Assert.Equal(KeyFault.EncryptedDuplicationMismatch, error.Fault);
    }

    private void AssertKeyFault(KeyFault fault, string name)
    {
        Assert.Equal(fault, Scene.Fails<KeyException>(_a, () => _a.Approve(name, _destination)).Fault);
        var error = Scene.Fails<KeyException>(_a, () => MigrationTests.Export(_a, _destination, [name], []));
        Assert.Equal(fault, error.Fault);
        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
    }

    private ApprovalException AssertRefused(ApprovalFault fault, OwnerApproval[] approvals)
    {
        var error = Scene.Fails<ApprovalException>(_a, () => MigrationTests.Export(_a, _destination, ["k"], approvals));
        Assert.True(fault == error.Fault, $"{error.Fault}: {error}");
        return error;
    }

    private static byte[] Flip(byte[] bytes) => [.. bytes.SkipLast(1), (byte)(bytes[^1] ^ 1)];
}
