using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using TpmMigration.Keys;
using TpmMigration.Testing;
using TpmMigration.Victim;
using Xunit;

namespace TpmMigration.Tests.Keys.Store;

/// <summary>A process that changes a store gets SIGKILL at each file operation there is. Linux only, like the victim.</summary>
public sealed class KilledCommitTests
{
    private const string Decision = "rename .journal";

    [Fact]
    public async Task A_commit_killed_anywhere_leaves_the_old_store_or_the_new_one()
    {
        using var folder = new TemporaryFolder("killed-");
        int deaths = await KillEverywhere("change", folder, StoreState.WriteOld, StoreState.Old, StoreState.New);
        Assert.True(deaths > 70, $"Only {deaths} deaths.");
    }

    [Fact]
    public async Task The_first_commit_killed_anywhere_leaves_no_key_or_all()
    {
        using var folder = new TemporaryFolder("killed-");
        int deaths = await KillEverywhere("create", folder, _ => { }, [], StoreState.Created);
        Assert.True(deaths > 40, $"Only {deaths} deaths.");
    }

    [Fact]
    public async Task A_recovery_killed_anywhere_is_completed_by_the_next()
    {
        using var folder = new TemporaryFolder("killed-");
        IReadOnlyList<string> commit = Operations("change", folder["dry"], StoreState.WriteOld);
        int halfApplied = commit.ToList().IndexOf("rename Epsilon.xml");
        void Crash(string path)
        {
            StoreState.WriteOld(path);
            Assert.Equal(VictimProcess.Killed, VictimProcess.Run("change", path, halfApplied, Moment.Before).ExitCode);
        }

        int deaths = await KillEverywhere("open", folder, Crash, StoreState.New, StoreState.New);
        Assert.True(deaths > 20, $"Only {deaths} deaths.");
    }

    [Fact]
    public async Task Data_of_keys_changes_with_them_or_not_at_all()
    {
        using var folder = new TemporaryFolder("killed-");
        void Prepare(string path) => KeyStore.Open(path).Commit(SampleKeys.KeysWithData());
        Prepare(folder["old"]);
        Prepare(folder["new"]);
        KeyStore.Open(folder["new"]).Commit(SampleKeys.ChangesWithData());
        IReadOnlyList<string> old = StoreState.WithData(folder["old"]), changed = StoreState.WithData(folder["new"]);
        Assert.Equal(["Alpha.data 1", "Beta.data 1", "Gamma.data 1"], old.TakeLast(3));
        Assert.Equal(["Alpha.data 2", "Epsilon.data 2"], changed.TakeLast(2));
        int deaths = await KillEverywhere("data", folder, Prepare, old, changed, StoreState.WithData);
        Assert.True(deaths > 40, $"Only {deaths} deaths.");
    }

    [Fact]
    public async Task Keys_that_moved_go_in_the_step_in_which_it_is_noted_where_they_went()
    {
        using var folder = new TemporaryFolder("killed-");
        static void Prepare(string path)
        {
            StoreState.WriteOld(path);
            KeyStore.Open(path).Commit([SampleKeys.Add("Gone")]);
            KeyStore.Open(path).CommitMigrated([SampleKeys.Migrated()[0] with { Name = "Gone" }]);
        }
        Prepare(folder["old"]);
        Prepare(folder["new"]);
        KeyStore.Open(folder["new"]).CommitMigrated(SampleKeys.Migrated());
        IReadOnlyList<string> old = StoreState.WithMigrated(folder["old"]), changed = StoreState.WithMigrated(folder["new"]);
        string receipt = " to elsewhere by 00000008-0000-0000-0000-000000000000";
        Assert.Equal((5, "Gone" + receipt), (old.Count, old[4]));
        Assert.Equal(["Gone" + receipt, "Beta" + receipt, "Delta" + receipt], changed.Skip(2));
        int deaths = await KillEverywhere("migrated", folder, Prepare, old, changed, StoreState.WithMigrated);
        Assert.True(deaths > 20, $"Only {deaths} deaths.");
    }

    private static async Task<int> KillEverywhere(string scenario, TemporaryFolder folder, Action<string> prepare, IReadOnlyList<string> old, IReadOnlyList<string> changed, Func<string, IReadOnlyList<string>>? state = null)
    {
        IReadOnlyList<string> operations = Operations(scenario, folder[scenario], prepare);
        int decision = operations.ToList().IndexOf(Decision);
        var deaths = from number in Enumerable.Range(0, operations.Count)
                     from moment in new[] { Moment.Before, Moment.Middle, Moment.After }
                     where moment != Moment.Middle || operations[number].StartsWith("write ", StringComparison.Ordinal)
                     select (number, moment);
        int count = 0;
        await Parallel.ForEachAsync(deaths, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = TestContext.Current.CancellationToken }, (death, _) =>
        {
            string path = folder[$"{scenario}-{death.number}-{death.moment}"];
            prepare(path);
            Assert.Equal(VictimProcess.Killed, VictimProcess.Run(scenario, path, death.number, death.moment).ExitCode);
            bool decided = decision >= 0 && (death.number > decision || (death.number == decision && death.moment == Moment.After));
            Assert.Equal(decided ? changed : old, (state ?? StoreState.Of)(path));
            StoreState.AssertNoStrayFiles(path);
            Interlocked.Increment(ref count);
            return ValueTask.CompletedTask;
        });
        return count;
    }

    private static IReadOnlyList<string> Operations(string scenario, string path, Action<string> prepare)
    {
        prepare(path);
        (int exitCode, IReadOnlyList<string> operations) = VictimProcess.Run(scenario, path);
        Assert.Equal(0, exitCode);
        return operations;
    }
}
