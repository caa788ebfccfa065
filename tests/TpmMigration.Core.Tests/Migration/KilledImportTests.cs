using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tests.Packages;
using TpmMigration.Testing;
using TpmMigration.Tests.Keys.Store;
using TpmMigration.Tpm;
using TpmMigration.Victim;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>A process that imports a package gets SIGKILL at each file operation there is.</summary>
public sealed class KilledImportTests
{
    private const int Children = 17;

    [Fact]
    public async Task An_import_killed_anywhere_leaves_the_old_store_or_all_keys_of_the_package()
    {
        using var source = new Machine();
        MakeFamily(source);

        // Two machines import at the same time, since one TPM serves one client at a time.
        int[] deaths = await Task.WhenAll(Lane(source, 0), Lane(source, 1));

        TestContext.Current.SendDiagnosticMessage("{0} imports were killed.", deaths.Sum());
        Assert.True(deaths.Sum() >= 200, $"Only {deaths.Sum()} deaths.");
    }

    private static Task<int> Lane(Machine source, int lane)
    {
        var machine = new Machine();
        MigrationDestination destination = machine.Destination();
        MigrationPackage package = MigrationTests.Export(source, destination, ["top"], [source.Approve("top", destination)]);
        Assert.Equal(Children + 1, package.Keys.Count);
        return Task.Run(() =>
        {
            using (machine) return KillEverySecond(machine, package, lane);
        });
    }

    private static int KillEverySecond(Machine machine, MigrationPackage package, int lane)
    {
        using var folder = new TemporaryFolder("killed-import-");
        File.WriteAllText(folder["package.xml"], SignedText.Write(package));
        string[] more = [machine.Tpm.ConnectionString, folder["package.xml"]];
        string[] old = Describe(machine.StorePath);
        CopyStore(machine.StorePath, folder["dry"]);
        (int exitCode, IReadOnlyList<string> operations) = VictimProcess.Run("import", folder["dry"], 0, Moment.Never, more);
        Assert.Equal(0, exitCode);
        string[] changed = Describe(folder["dry"]);
        Assert.Equal(old.Length + package.Keys.Count, changed.Length);
        int decision = operations.ToList().IndexOf("rename .journal");
        Assert.True(decision > 0);

        int deaths = 0, number = 0;
        foreach ((int operation, Moment moment) in Moments(operations))
        {
            if (number++ % 2 != lane) continue;
            string path = folder[$"{operation}-{moment}"];
            CopyStore(machine.StorePath, path);
            Assert.Equal(VictimProcess.Killed, VictimProcess.Run("import", path, operation, moment, more).ExitCode);
            FlushWhatTheDeadLeft(machine);
            bool decided = operation > decision || (operation == decision && moment == Moment.After);
            Assert.Equal(decided ? changed : old, Describe(path));
            StoreState.AssertNoStrayFiles(path);
            Directory.Delete(path, recursive: true);
            deaths++;
        }
        return deaths;
    }

    private static IEnumerable<(int Operation, Moment Moment)> Moments(IReadOnlyList<string> operations) =>
        from operation in Enumerable.Range(0, operations.Count)
        from moment in new[] { Moment.Before, Moment.Middle, Moment.After }
        where moment != Moment.Middle || operations[operation].StartsWith("write ", StringComparison.Ordinal)
        select (operation, moment);

    private static void MakeFamily(Machine source)
    {
        source.Create("top", KeyRole.Storage);
        StoredKey child = source.Create("child 0", KeyRole.Sign, KeyAlgorithm.EccP256, "top", movesWithParent: true);
        // The others are the same key by other names: what is killed here is the store's work.
        source.Store.Commit([.. Enumerable.Range(1, Children - 1).Select(i => KeyChange.Add(child.Record with { Name = $"child {i}" }, child.KeyFile))]);
    }

    private static void CopyStore(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(from).Where(f => !Path.GetFileName(f).StartsWith('.')))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    // The private parts are left out: the TPM encrypts them anew with each import.
    private static string[] Describe(string path) => KeyStore.Open(path).Enumerate(CancellationToken.None).Select(e => e.Require())
        .Select(k => $"{k.Record.Name} {k.Record.Created:O} {k.Record.Origin.PackageId} {k.Record.Parent.KeyName} {Convert.ToHexString(k.KeyFile.Public)}").ToArray();

    private static void FlushWhatTheDeadLeft(Machine machine)
    {
        using TpmDevice device = TpmDevice.Open(machine.Tpm.ConnectionString);
        foreach (uint handle in Scene.Loaded(device))
            device.Execute(new FlushContext { FlushHandle = handle });
    }
}
