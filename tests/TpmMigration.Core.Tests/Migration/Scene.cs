using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Threading;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>The pieces of work that a migration consists of.</summary>
public enum Work
{
    Create,
    Approve,
    Export,
    Import,
    Rehearse,
}

/// <summary>
/// Two machines with a migration half under way: a storage key with a child on the source, its approval and its package for the
/// target. Each piece of work can be attempted again and again, until it succeeds.
/// </summary>
internal sealed class Scene : IDisposable
{
    internal Scene()
    {
        Source.Create("k", KeyRole.Storage);
        Source.Create("child", KeyRole.Sign, KeyAlgorithm.EccP256, "k", movesWithParent: true);
        Destination = Target.Destination();
        Approval = Source.Approve("k", Destination);
        Package = MigrationTests.Export(Source, Destination, ["k"], [Approval]);
    }

    internal Machine Source { get; } = new();

    internal Machine Target { get; } = new();

    internal MigrationDestination Destination { get; }

    internal OwnerApproval Approval { get; }

    internal MigrationPackage Package { get; }

    internal Machine MachineOf(Work work) => work is Work.Import or Work.Rehearse ? Target : Source;

    /// <summary>Does the work once through a transport. Returns what it threw, or null.</summary>
    internal Exception? Attempt(Work work, Func<ITpmTransport> open, CancellationToken cancellation)
    {
        Machine machine = MachineOf(work);
        return Record.Exception(() =>
        {
            using var device = new TpmDevice(open(), open, cancellation);
            using var loader = new KeyLoader(device, machine.Store, new KeyPasswords());
            Do(work, loader);
        });
    }

    private void Do(Work work, KeyLoader loader)
    {
        using KeyPasswords none = new();
        switch (work)
        {
            case Work.Create:
                using (KeyPasswords password = Machine.Password(key: "secret"))
                    KeyCreator.Create(loader, new NewKey { Name = "new", Role = KeyRole.Storage, Algorithm = KeyAlgorithm.EccP256, Persist = true }, password);
                break;
            case Work.Approve:
                using (var approver = new OwnerApprover(loader, none))
                    approver.Approve(loader.Store.Find("k")!.Require(), Destination, "replace the board", TimeSpan.FromHours(1));
                break;
            case Work.Export:
                using (var exporter = new KeyExporter(loader, new ExportRequest { Destination = Destination, Approvals = [Approval] }, none))
                {
                    exporter.Add(loader.Store.Find("k")!.Require());
                    exporter.Record(exporter.Finish());
                }
                break;
            case Work.Rehearse:
                Assert.All(new PackageRehearsal(loader, none).Run(Package), finding => Assert.Equal(CheckVerdict.Passed, finding.Verdict));
                break;
            default:
                new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer, Persist = true }, none).Import(Package);
                break;
        }
    }

    /// <summary>All that a machine keeps: the files of its store and its persistent keys.</summary>
    internal static string[] Kept(Machine machine)
    {
        using TpmDevice device = TpmDevice.Open(machine.Tpm.ConnectionString);
        IEnumerable<string> files = Directory.Exists(machine.StorePath)
            ? Directory.GetFileSystemEntries(machine.StorePath).Where(f => Path.GetFileName(f) != ".lock").Order(StringComparer.Ordinal)
                .Select(f => Path.GetFileName(f) + " " + (File.Exists(f) ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f))) : "folder"))
            : [];
        return [.. files, .. device.GetHandles(0x81000000).Select(h => $"0x{h:X8}")];
    }

    /// <summary>What is loaded in a TPM, whoever loaded it.</summary>
    internal static uint[] Loaded(TpmDevice device) => 
    [
        .. device.GetHandles(0x80000000),
        // Loaded sessions are asked for with 0x02, and those of policies are listed with 0x03.
        .. device.Execute(new GetCapability { Capability = TpmCap.Handles, Property = 0x02000000, PropertyCount = 64 }).Values.Select(v => v.Key),
    ];

    internal static void AssertNothingLoaded(Machine machine)
    {
        using TpmDevice device = TpmDevice.Open(machine.Tpm.ConnectionString);
        Assert.Empty(Loaded(device));
    }

    /// <summary>Sees an error of a kind, and that it left nothing behind in store and TPM.</summary>
    internal static T Fails<T>(Machine machine, Action work) where T : Exception
    {
        string[] before = Kept(machine);
        T error = Assert.Throws<T>(work);
        Assert.Equal(before, Kept(machine));
        AssertNothingLoaded(machine);
        return error;
    }

    /// <summary>A public area with other attributes or another policy.</summary>
    internal static TpmtPublic Altered(TpmtPublic key, TpmaObject more = TpmaObject.None, byte[]? policy = null) => new()
    {
        NameAlg = key.NameAlg,
        ObjectAttributes = key.ObjectAttributes | more,
        AuthPolicy = policy ?? key.AuthPolicy,
        Parameters = key.Parameters,
        Unique = key.Unique,
        Point = key.Point,
    };

    public void Dispose()
    {
        Source.Dispose();
        Target.Dispose();
    }
}
