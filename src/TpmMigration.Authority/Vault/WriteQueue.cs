using System;
using System.Collections.Generic;
using System.Threading;

namespace TpmMigration.Authority.Vault;

/// <summary>Where a write is.</summary>
internal enum WriteStage
{
    Waiting,

    /// <summary>It has the turn, and does what waits.</summary>
    HasTurn,

    /// <summary>Whoever has the turn does it.</summary>
    Taken,

    /// <summary>It waited for too long.</summary>
    GivenUp,
}

/// <summary>
/// Those who want to write, one of whom has the turn. That one does what waits, and then the turn goes to the first of those who came meanwhile,
/// past those who need not wait any longer.
/// </summary>
internal sealed class WriteQueue
{
    private readonly Lock _lock = new();
    private readonly Queue<PendingWrite> _waiting = new();
    private bool _isTaken;

    /// <summary>How long a write waits for the turn, or for somebody to do it.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Writes that nobody does yet.</summary>
    internal int Count
    {
        get
        {
            lock (_lock) return _waiting.Count;
        }
    }

    /// <summary>Waits until a write is done, or has the turn.</summary>
    /// <returns>Whether it has the turn, which is given back by <see cref="Exit"/>.</returns>
    /// <exception cref="VaultException"><see cref="VaultFault.Unavailable"/>: other writers took too long.</exception>
    internal bool Enter(PendingWrite mine)
    {
        lock (_lock)
        {
            _waiting.Enqueue(mine);
            if (!_isTaken)
            {
                (_isTaken, mine.Stage) = (true, WriteStage.HasTurn);
                return true;
            }
        }
        if (mine.Wait(Patience)) return mine.Stage == WriteStage.HasTurn;
        lock (_lock)
        {
            if (mine.Stage == WriteStage.Waiting)
            {
                mine.Stage = WriteStage.GivenUp;
                throw new VaultException(VaultFault.Unavailable, "Other writers kept the database busy for too long. Try again later.");
            }
        }
        // Somebody is at it.
        mine.Wait(Timeout.InfiniteTimeSpan);
        return mine.Stage == WriteStage.HasTurn;
    }

    /// <summary>What is to be done together, by the one who has the turn.</summary>
    internal IReadOnlyList<PendingWrite> Take(int most)
    {
        List<PendingWrite> together = [];
        lock (_lock)
        {
            while (together.Count < most && _waiting.TryDequeue(out PendingWrite? next))
            {
                if (next.Stage == WriteStage.GivenUp) continue;
                if (next.Stage == WriteStage.Waiting) next.Stage = WriteStage.Taken;
                together.Add(next);
            }
        }
        return together;
    }

    /// <summary>Gives the turn to the next who waits.</summary>
    internal void Exit()
    {
        lock (_lock)
        {
            while (_waiting.TryPeek(out PendingWrite? next))
            {
                if (next.Stage == WriteStage.Waiting)
                {
                    next.Stage = WriteStage.HasTurn;
                    next.Tell();
                    return;
                }
                _waiting.Dequeue();
            }
            _isTaken = false;
        }
    }
}
