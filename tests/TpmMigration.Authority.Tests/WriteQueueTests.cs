using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using TpmMigration.Authority.Vault;
using Xunit;

namespace TpmMigration.Tests.Authority;

/// <summary>One who writes has the turn, does what waits, and gives it to the next.</summary>
public sealed class WriteQueueTests
{
    [Fact]
    public async Task Who_comes_while_somebody_writes_is_done_or_has_the_turn_next()
    {
        var queue = new WriteQueue();
        PendingWrite first = Write(), second = Write(), third = Write(), fourth = Write();
        Assert.True(queue.Enter(first));
        Task<bool> secondEntered = Enter(queue, second, 2);
        Assert.Equal([first, second], queue.Take(5));
        Task<bool> thirdEntered = Enter(queue, third, 1), fourthEntered = Enter(queue, fourth, 2);
        Assert.False(secondEntered.IsCompleted || thirdEntered.IsCompleted || fourthEntered.IsCompleted);
        queue.Exit();
        Assert.True(await thirdEntered);
        second.Tell();
        Assert.False(await secondEntered);

        // No more than are asked for: the next has the turn after that.
        Assert.Equal([third], queue.Take(1));
        Assert.False(fourthEntered.IsCompleted);
        queue.Exit();
        Assert.True(await fourthEntered);
        Assert.Equal([fourth], queue.Take(1));
        queue.Exit();
        Assert.Equal(0, queue.Count);
        Assert.True(queue.Enter(Write()));
    }

    [Fact]
    public async Task Who_waited_for_too_long_is_not_done_and_who_is_being_done_waits_for_the_end_of_it()
    {
        var queue = new WriteQueue { Patience = TimeSpan.FromSeconds(1) };
        PendingWrite first = Write(), impatient = Write(), second = Write();
        Assert.True(queue.Enter(first));
        VaultException refused = await Assert.ThrowsAsync<VaultException>(() => Enter(queue, impatient, 2));
        Assert.Equal(VaultFault.Unavailable, refused.Fault);
        IReadOnlyList<PendingWrite> taken = [];
        Task<bool> secondEntered = Enter(queue, second, 3, () => taken = queue.Take(5));
        Assert.Equal([first, second], taken);
        await Task.Delay(1.5 * queue.Patience, TestContext.Current.CancellationToken);
        Assert.False(secondEntered.IsCompleted);
        queue.Exit();
        second.Tell();
        Assert.False(await secondEntered);
    }

    [Fact]
    public async Task The_turn_passes_over_those_who_gave_up()
    {
        var queue = new WriteQueue { Patience = TimeSpan.FromMilliseconds(50) };
        PendingWrite first = Write();
        Assert.True(queue.Enter(first));
        Assert.Equal([first], queue.Take(5));
        await Assert.ThrowsAsync<VaultException>(() => Enter(queue, Write(), 1));
        queue.Exit();
        PendingWrite next = Write();
        Assert.True(queue.Enter(next));
        Assert.Equal([next], queue.Take(5));
    }

    private static PendingWrite<int> Write() => new(_ => 0);

    /// <summary>Enters from a thread of its own, and is back when it waits.</summary>
    private static Task<bool> Enter(WriteQueue queue, PendingWrite write, int count, Action? then = null)
    {
        Task<bool> entered = Task.Factory.StartNew(() => queue.Enter(write), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        SpinWait.SpinUntil(() => queue.Count == count || entered.IsCompleted, TimeSpan.FromSeconds(30));
        then?.Invoke();
        return entered;
    }
}
