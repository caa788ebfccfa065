using System;
using System.Collections.Generic;

namespace TpmMigration.Fuzz.Mutation;

/// <summary>Choices that changes to inputs make again and again.</summary>
internal static class Chance
{
    internal static T Of<T>(this Random random, IReadOnlyList<T> items) => items[random.Next(items.Count)];

    /// <summary>True once in a number of times.</summary>
    internal static bool OnceIn(this Random random, int times) => random.Next(times) == 0;

    internal static byte[] Bytes(this Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A length as they matter: small, around a power of two, or anything up to a limit.</summary>
    internal static int Length(this Random random, int most) => Math.Min(most, random.Next(4) switch
    {
        0 => random.Next(5),
        1 => Math.Max(0, (1 << random.Next(17)) + random.Next(3) - 1),
        _ => random.Next(most + 1),
    });
}
