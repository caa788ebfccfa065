using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Operations;
using TpmMigration.Tests.Authority.Scene;
using Xunit;

namespace TpmMigration.Tests.Authority;

/// <summary>A fleet calls in all at once, such as when its machines are switched on: all are answered, also by a service that was just started.</summary>
public sealed class CrowdTests(SharedPostgres postgres)
{
    private const int Packages = 600, Clients = 300;

    [Fact]
    public Task Hundreds_of_clients_at_a_time_are_all_answered() => Answer(null);

    [Fact]
    public Task Hundreds_of_clients_at_a_time_are_all_answered_before_PostgreSQL() => Answer(postgres.Server.CreateDatabase());

    [Fact]
    public async Task So_many_are_worked_on_at_a_time_and_the_others_wait_for_their_turn()
    {
        using var slots = new WorkSlots();
        using var end = new ManualResetEventSlim();
        List<Task> first = Fill(slots, end);
        Task<int> next = slots.Run(() => 7, TestContext.Current.CancellationToken);
        using var leave = new CancellationTokenSource();
        Task<int> leaving = slots.Run(() => 8, leave.Token);
        Assert.Equal((false, false, 2), (next.IsCompleted, leaving.IsCompleted, slots.Waiting));
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.Equal(1, slots.Waiting);
        end.Set();
        Assert.Equal(7, await next);
        await Task.WhenAll(first);
        Assert.Equal(0, slots.Waiting);
    }

    [Fact]
    public async Task Whose_turn_does_not_come_is_told_so_and_what_fails_gives_its_place_back()
    {
        using var slots = new WorkSlots { Patience = TimeSpan.FromMilliseconds(50) };
        for (int i = 0; i <= WorkSlots.Most; i++)
            await Assert.ThrowsAsync<InvalidOperationException>(() => slots.Run(() => throw new InvalidOperationException("It fails."), TestContext.Current.CancellationToken));
        using var end = new ManualResetEventSlim();
        List<Task> first = Fill(slots, end);
        AuthorityException refused = await Assert.ThrowsAsync<AuthorityException>(() => slots.Run(() => 7, TestContext.Current.CancellationToken));
        Assert.Equal((AuthorityFault.Unavailable, 0), (refused.Fault, slots.Waiting));
        end.Set();
        await Task.WhenAll(first);
        Assert.Equal(7, await slots.Run(() => 7, TestContext.Current.CancellationToken));
    }

    /// <summary>Takes all places until the end.</summary>
    private static List<Task> Fill(WorkSlots slots, ManualResetEventSlim end)
    {
        using var began = new CountdownEvent(WorkSlots.Most);
        List<Task> works = [.. Enumerable.Range(0, WorkSlots.Most).Select(_ => Task.Factory.StartNew(
            () => slots.Run(() =>
            {
                began.Signal();
                end.Wait();
            }, CancellationToken.None),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap())];
        began.Wait();
        return works;
    }

    private static async Task Answer(string? connection)
    {
        using AuthorityProcess authority = AuthorityProcess.Start(connection, UploadStorm.ServiceOptions);
        using var storm = new UploadStorm(authority, Packages, Clients);
        await storm.Run(storm.Total, () => { });
        Assert.Equal(storm.Total, storm.Acknowledged);
        storm.AssertWhole();
    }
}
