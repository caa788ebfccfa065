using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using TpmMigration.Keys;
using TpmMigration.Testing;
using TpmMigration.Victim;
using Xunit;

namespace TpmMigration.Tests.Keys.Store;

public sealed class SharedStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("shared-");

    private string Root => _folder["keys"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Writers_in_several_processes_lose_nothing_and_readers_never_see_half_a_commit()
    {
        const int Commits = 40;
        using Process one = VictimProcess.Start("pairs", Root, Commits, Moment.Never, "one");
        using Process other = VictimProcess.Start("pairs", Root, Commits, Moment.Never, "other");
        KeyStore store = KeyStore.Open(Root);
        int readings = 0;
        while (!one.HasExited || !other.HasExited)
        {
            List<string> names = store.Enumerate().Select(e => e.Require().Record.Name).ToList();
            Assert.Equal(names.Count(n => n.EndsWith("-left", StringComparison.Ordinal)), names.Count(n => n.EndsWith("-right", StringComparison.Ordinal)));
            readings++;
        }
        Assert.Equal((0, 0), (one.ExitCode, other.ExitCode));
        Assert.True(readings > 3, $"{readings}");
        Assert.Equal(4 * Commits, store.Enumerate().Count(e => !e.IsDamaged));
        StoreState.AssertNoStrayFiles(Root);
    }

    [Fact]
    public void A_store_that_stays_in_use_is_an_error_that_names_the_user_and_its_death_sets_it_free()
    {
        StoreState.WriteOld(Root);
        using Process holder = VictimProcess.Start("hold", Root);
        Assert.Equal("held", holder.StandardOutput.ReadLine());
        var impatient = new KeyStoreOptions { LockTimeout = TimeSpan.FromMilliseconds(60) };

        KeyStoreException refusal = Assert.Throws<KeyStoreException>(() => KeyStore.Open(Root, impatient));
        Assert.Equal(KeyStoreFault.Locked, refusal.Fault);
        Assert.Contains($"process {holder.Id} ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("0.1 seconds", refusal.Message, StringComparison.Ordinal);

        holder.Kill();
        holder.WaitForExit();
        KeyStore.Open(Root, impatient).Commit(SampleKeys.ManyChanges());
        Assert.Equal(StoreState.New, StoreState.Of(Root));
    }

    [Fact]
    public void A_reader_keeps_writers_out_while_it_reads_and_not_while_it_enumerates()
    {
        StoreState.WriteOld(Root);
        // With time to wait: a process that a test beside this one starts holds a copy of a lock for a moment.
        var brief = new KeyStoreOptions { LockTimeout = TimeSpan.FromSeconds(1) };
        KeyStore store = KeyStore.Open(Root, brief);
        using (StoreLock.Acquire(new StorePaths(Root), exclusive: false, brief.LockTimeout, CancellationToken.None))
        {
            Assert.Equal(4, store.Enumerate().Count());
            Assert.Equal(KeyStoreFault.Locked, Assert.Throws<KeyStoreException>(() => store.Commit([KeyChange.Delete("Alpha")])).Fault);
        }
        // As in Get-TpmKey | Remove-TpmKey: each key is removed while the enumeration goes on.
        KeyStore patient = KeyStore.Open(Root);
        foreach (KeyStoreEntry entry in patient.Enumerate()) patient.Commit([KeyChange.Delete(entry.Name)]);
        Assert.Empty(patient.Enumerate());
    }

    [Fact]
    public void Waiting_and_committing_can_be_cancelled_before_the_decision()
    {
        StoreState.WriteOld(Root);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => KeyStore.Open(Root).Commit(SampleKeys.ManyChanges(), cancelled.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => KeyStore.Open(Root).Enumerate(cancelled.Token).ToList());
        Assert.Equal(StoreState.Old, StoreState.Of(Root));
        StoreState.AssertNoStrayFiles(Root);
    }
}
