using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tests.Interop;
using TpmMigration.Tests.Packages;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>What stands against an export or import is found without a command that changes anything.</summary>
public sealed class ObstacleTests : IDisposable
{
    private static readonly TpmCc[] s_harmless = [TpmCc.GetCapability, TpmCc.ReadPublic, TpmCc.NvReadPublic, TpmCc.NvRead, TpmCc.CreatePrimary, TpmCc.FlushContext];

    private readonly Machine _source = new();
    private readonly Machine _target = new();
    private readonly MigrationPackage _package;

    public ObstacleTests()
    {
        _source.Create("k");
        _source.Run(loader =>
        {
            using var vault = new KeyDataVault(loader);
            using var data = new KeyData(KeyDataType.Data, "a", "", [1, 2, 3]);
            vault.Put(loader.Store.Find("k")!.Require(), data, replace: false);
            return true;
        });
        MigrationDestination destination = _target.Destination();
        _package = MigrationTests.Export(_source, destination, ["k"], [_source.Approve("k", destination)]);
    }

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
    }

    [Fact]
    public void Nothing_stands_against_a_sound_package() => Assert.Empty(ImportObstacles(_package));

    [Fact]
    public void All_that_stands_against_an_import_is_found_at_once()
    {
        _target.Create("k");
        IReadOnlyList<ImportObstacle> obstacles = ImportObstacles(_package with { Approvals = [], DataKey = null });
        Assert.Equal([null, null, "k"], obstacles.Select(o => o.KeyName));
        Assert.Equal(ApprovalFault.Missing, Assert.IsType<ApprovalException>(obstacles[0].Cause).Fault);
        Assert.Equal(PackageIntegrityFault.DataMismatch, Assert.IsType<PackageIntegrityException>(obstacles[1].Cause).Fault);
        Assert.Equal(KeyStoreFault.KeyExists, Assert.IsType<KeyStoreException>(obstacles[2].Cause).Fault);
    }

    [Fact]
    public void Approvals_in_a_package_are_held_against_it()
    {
        var approval = (OwnerApproval)ApprovalDocument.Read(Encoding.UTF8.GetString(_package.Approvals[0]));
        DateTime before = _package.Created.AddDays(-2);
        (ApprovalFault Fault, OwnerApproval Approval)[] cases =
        [
            (ApprovalFault.Expired, approval with { Created = before, ValidUntil = before.AddHours(1) }),
            (ApprovalFault.ForAnotherDestination, approval with { DestinationName = approval.MachineName }),
            (ApprovalFault.ForAnotherMachine, approval with { MachineName = approval.DestinationName }),
            (ApprovalFault.ForAnotherKey, approval with { KeyTpmName = approval.MachineName }),
        ];
        foreach ((ApprovalFault fault, OwnerApproval other) in cases)
        {
            ImportObstacle obstacle = Assert.Single(ImportObstacles(_package with { Approvals = [Encoding.UTF8.GetBytes(ApprovalDocument.Write(other))] }));
            Assert.Equal(fault, Assert.IsType<ApprovalException>(obstacle.Cause).Fault);
        }
    }

    [Fact]
    public void A_signer_who_is_not_trusted_stands_against_it_unless_somebody_answers_for_it()
    {
        var unknown = new TrustVerdict(TrustStanding.Unknown, null, "Nobody knows it.");
        Assert.IsType<UntrustedSignerException>(Assert.Single(ImportObstacles(_package, new ImportRequest { Trust = unknown })).Cause);
        Assert.Empty(ImportObstacles(_package, new ImportRequest { Trust = unknown, Acceptance = new SignerAcceptance("admin", "known by phone") }));
    }

    [Fact]
    public void Data_for_a_parent_that_asks_for_an_inner_wrap_stands_against_it()
    {
        _target.Create("vault", KeyRole.Storage, encryptedDuplication: true);
        TpmtPublic vault = _target.Store.Find("vault")!.Require().PublicArea();
        MigrationPackage turned = _package with { Destination = _package.Destination with { Parent = vault }, Approvals = [] };
        Assert.Contains(ImportObstacles(turned), o => o is { KeyName: null, Cause: KeyException { Fault: KeyFault.NeedsInnerWrap } });
        Assert.Contains(ImportObstacles(turned), o => o is { KeyName: "k", Cause: KeyException { Fault: KeyFault.EncryptedDuplicationMismatch } });
    }

    [Fact]
    public void An_Owner_with_a_password_stands_against_an_export_without()
    {
        using Machine machine = Workbench.WithStorageRoot("ecc256");
        machine.Create("k");
        MigrationDestination destination = _target.Destination();
        Assert.Empty(ExportObstacles(machine, destination, Machine.Password()));
        machine.Tpm.Tool("tpm2_changeauth", "-c", "owner", "owner-secret");
        ExportObstacle obstacle = Assert.Single(ExportObstacles(machine, destination, Machine.Password()));
        Assert.Null(obstacle.KeyName);
        Assert.Equal((AuthorizationSubject.Owner, false), (Assert.IsType<KeyAuthorizationException>(obstacle.Cause).Subject, ((KeyAuthorizationException)obstacle.Cause).WasTried));
        Assert.Empty(ExportObstacles(machine, destination, Machine.Password(owner: "owner-secret")));
    }

    [Fact]
    public void A_key_of_a_parent_that_is_gone_does_not_go_along_with_another_key_of_the_parents_name()
    {
        _source.Create("top", KeyRole.Storage);
        _source.Create("child", parent: "top", movesWithParent: true);
        _source.Store.Commit([KeyChange.Delete("top")], TestContext.Current.CancellationToken);
        _source.Create("top", KeyRole.Storage);
        MigrationDestination destination = _target.Destination();
        MigrationPackage package = MigrationTests.Export(_source, destination, ["top"], [_source.Approve("top", destination)]);
        Assert.Equal(["top"], package.Keys.Select(k => k.Name));
        Assert.Equal(["top"], MigrationTests.Import(_target, package).Select(k => k.Record.Name));
    }

    private IReadOnlyList<ImportObstacle> ImportObstacles(MigrationPackage package, ImportRequest? request = null)
    {
        MigrationPackage signed = package with { Signature = SignedText.Read(SignedText.Write(_package)).Signature };
        return Watch(_target, loader => new PackageImporter(loader, request ?? new ImportRequest { Trust = Trusted.Signer }, new KeyPasswords()).Obstacles(signed));
    }

    private static List<ExportObstacle> ExportObstacles(Machine machine, MigrationDestination destination, KeyPasswords passwords) => Watch(machine, loader =>
    {
        using var exporter = new KeyExporter(loader, new ExportRequest { Destination = destination, OwnerReason = "test" }, passwords);
        return exporter.Obstacles().Concat(exporter.Plan(loader.Store.Find("k")!.Require()).Obstacles).ToList();
    });

    private static T Watch<T>(Machine machine, Func<KeyLoader, T> work)
    {
        string[] before = Scene.Kept(machine);
        RecordingTransport? recording = null;
        T result = machine.Run(work, decorate: inner => recording = new RecordingTransport(inner));
        Assert.Empty(recording!.Exchanges.Select(e => (TpmCc)((e.Command[8] << 8) | e.Command[9])).Except(s_harmless));
        Assert.Equal(before, Scene.Kept(machine));
        return result;
    }
}
