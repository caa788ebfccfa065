using System;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>Wrong passwords: whose it is, is told; nothing is stored and nothing stays loaded.</summary>
public sealed class PasswordFaultTests
{
    [Fact]
    public void A_wrong_key_password_stops_the_export()
    {
        using var a = new Machine();
        using var b = new Machine();
        a.Create("k", passwords: Machine.Password(key: "right"));
        MigrationDestination destination = b.Destination();
        OwnerApproval approval = a.Approve("k", destination);

        var error = Scene.Fails<KeyAuthorizationException>(a, () => MigrationTests.Export(a, destination, ["k"], [approval], Machine.Password(key: "wrong")));

        Assert.Equal(AuthorizationSubject.Key, error.Subject);
        Assert.Contains("'k'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_key_password_stops_the_import()
    {
        using var a = new Machine();
        using var b = new Machine();
        KeyPasswords right = Machine.Password(key: "right");
        a.Create("k", passwords: right);
        MigrationDestination destination = b.Destination();
        MigrationPackage package = MigrationTests.Export(a, destination, ["k"], [a.Approve("k", destination)], right);

        var error = Scene.Fails<KeyAuthorizationException>(b, () => MigrationTests.Import(b, package, Machine.Password(key: "wrong")));

        Assert.Equal(AuthorizationSubject.Key, error.Subject);
        var needed = Scene.Fails<TpmMigration.Migration.ImportException>(b, () => MigrationTests.Import(b, package));
        Assert.Equal(TpmMigration.Migration.ImportFault.PasswordNeeded, needed.Fault);
    }

    [Fact]
    public void A_wrong_owner_password_stops_approval_and_direct_export()
    {
        using var a = new Machine();
        using var b = new Machine();
        KeyPasswords right = Machine.Password(owner: "right");
        a.Tpm.Tool("tpm2_changeauth", "-c", "owner", "right");
        a.Create("k", passwords: right);
        MigrationDestination destination = b.Destination();
        foreach (string wrong in new[] { "wrong", "" })
        {
            var error = Scene.Fails<KeyAuthorizationException>(a, () => a.Approve("k", destination, Machine.Password(owner: wrong)));
            Assert.Equal(AuthorizationSubject.Owner, error.Subject);
        }
    }

    [Fact]
    public void A_wrong_owner_password_is_found_out_also_where_the_storage_root_key_needs_none()
    {
        using var a = new Machine();
        using var b = new Machine();
        a.Tpm.Tool("tpm2_createprimary", "-C", "o", "-G", "ecc", "-c", "srk.ctx", "-a", "restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda");
        a.Tpm.Tool("tpm2_evictcontrol", "-C", "o", "-c", "srk.ctx", "0x81000001");
        a.Tpm.Tool("tpm2_flushcontext", "-t");
        a.Tpm.Tool("tpm2_changeauth", "-c", "owner", "right");
        a.Create("k");
        MigrationDestination destination = b.Destination();

        var approving = Scene.Fails<KeyAuthorizationException>(a, () => a.Approve("k", destination, Machine.Password(owner: "wrong")));
        Assert.Equal(AuthorizationSubject.Owner, approving.Subject);
        var exporting = Scene.Fails<KeyAuthorizationException>(a, () => a.Run(
            loader =>
            {
                using KeyPasswords wrong = Machine.Password(owner: "wrong");
                using var exporter = new TpmMigration.Migration.KeyExporter(loader, new TpmMigration.Migration.ExportRequest { Destination = destination, OwnerReason = "board failed" }, wrong);
                exporter.Add(loader.Store.Find("k")!.Require());
                return exporter.Finish();
            }));
        Assert.Equal(AuthorizationSubject.Owner, exporting.Subject);
    }

    [Fact]
    public void A_wrong_parent_password_stops_creation()
    {
        using var a = new Machine();
        a.Create("top", KeyRole.Storage, passwords: Machine.Password(key: "right"));

        var error = Scene.Fails<KeyAuthorizationException>(
            a, () => a.Create("k", parent: "top", passwords: Machine.Password(parent: "wrong")));

        Assert.Equal(AuthorizationSubject.Parent, error.Subject);
        Assert.Contains("'top'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void In_lockout_the_error_says_how_long_to_wait()
    {
        using var a = new Machine();
        using var b = new Machine();
        KeyPasswords right = Machine.Password(key: "right");
        a.Create("k", passwords: right);
        MigrationDestination destination = b.Destination();
        OwnerApproval approval = a.Approve("k", destination);
        a.Tpm.Tool("tpm2_dictionarylockout", "--setup-parameters", "--max-tries=2", "--recovery-time=180", "--lockout-recovery-time=600");

        for (int i = 0; i < 2; i++)
        {
            var wrong = Assert.Throws<KeyAuthorizationException>(() => MigrationTests.Export(a, destination, ["k"], [approval], Machine.Password(key: "wrong")));
            Assert.Null(wrong.Lockout);
            Assert.Contains(FormattableString.Invariant($"counts {i + 1} of 2 failures"), wrong.Message, StringComparison.Ordinal);
        }
        var error = Scene.Fails<KeyAuthorizationException>(a, () => MigrationTests.Export(a, destination, ["k"], [approval], right));

        Assert.Equal(TimeSpan.FromMinutes(3), error.Lockout);
        Assert.Contains("3 minutes", error.Message, StringComparison.Ordinal);
    }
}
