using System;
using System.Collections.Generic;

namespace TpmMigration.Fuzz.Mutation;

/// <summary>Changes bytes of which nothing is known: flips, overwrites, cuts, doubles, joins, and puts in words of the format.</summary>
internal sealed class BytesMutator
{
    private static readonly byte[] s_edges = [0x00, 0x01, 0x7F, 0x80, 0x81, 0xFE, 0xFF];

    private readonly IReadOnlyList<byte[]> _words;

    internal BytesMutator(IReadOnlyList<byte[]> words) => _words = words;

    internal byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        var bytes = new List<byte>(input);
        for (int changes = 1 << random.Next(4); changes > 0; changes--) Change(random, bytes, other);
        return [.. bytes];
    }

    private void Change(Random random, List<byte> bytes, byte[] other)
    {
        int at = random.Next(bytes.Count + 1);
        int count = Math.Min(random.Length(64), bytes.Count - at);
        switch (random.Next(9))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = random.OnceIn(2) ? random.Of(s_edges) : (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, count);
                break;
            case 3:
                bytes.InsertRange(at, bytes.GetRange(at, count));
                break;
            case 4:
                bytes.InsertRange(at, random.Bytes(random.Length(32)));
                break;
            case 5 when other.Length > 0:
                int from = random.Next(other.Length);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(random.Length(256), other.Length - from)).ToArray());
                break;
            case 6 when random.OnceIn(4):
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 7:
                Put(bytes, at, random.Of(_words));
                break;
            default:
                bytes.InsertRange(at, random.Of(_words));
                break;
        }
    }

    private static void Put(List<byte> bytes, int at, byte[] word)
    {
        for (int i = 0; i < word.Length && at + i < bytes.Count; i++) bytes[at + i] = word[i];
    }
}
