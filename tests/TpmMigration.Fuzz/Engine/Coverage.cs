using System;
using SharpFuzz.Common;

namespace TpmMigration.Fuzz.Engine;

/// <summary>
/// The branches that an instrumented engine has taken, in the way of AFL: one byte for each pair of places, counted in classes.
/// An engine that is not instrumented writes nothing, and the run is led by outcomes alone. There is one such memory in a process.
/// </summary>
internal sealed class Coverage
{
    private const int Size = 65536;

    private static readonly byte[] s_hits = GC.AllocateArray<byte>(Size, pinned: true);

    private readonly byte[] _seen = new byte[Size];

    internal int Count { get; private set; }

    /// <summary>Gives an instrumented engine its memory; before anything of it is called.</summary>
    internal static unsafe void Attach()
    {
        fixed (byte* hits = s_hits)
            Trace.SharedMem = hits;
    }

    internal static unsafe bool IsAttached => Trace.SharedMem != null;

    internal static void Clear()
    {
        if (!IsAttached) return;
        Array.Clear(s_hits);
        Trace.PrevLocation = 0;
    }

    /// <summary>Whether the last input took a branch, or took it in a class of times, that none before had.</summary>
    internal bool Update()
    {
        bool news = false;
        if (!IsAttached) return news;
        int at = 0;
        while ((at = IndexOfHit(at)) >= 0)
        {
            byte seen = _seen[at];
            byte now = (byte)(seen | Class(s_hits[at]));
            if (now != seen)
            {
                if (seen == 0) Count++;
                _seen[at] = now;
                news = true;
            }
            at++;
        }
        return news;
    }

    private static int IndexOfHit(int from)
    {
        int found = s_hits.AsSpan(from).IndexOfAnyExcept((byte)0);
        return found < 0 ? -1 : from + found;
    }

    private static byte Class(byte hits) => hits switch
    {
        1 => 1,
        2 => 2,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
