using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Fuzz.Mutation;

/// <summary>Changes structures of a TPM: their words are algorithm identifiers, tags, sizes at their edges, and whole small structures.</summary>
internal static class WireMutator
{
    private static readonly BytesMutator s_bytes = new(Words());

    internal static byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        if (random.OnceIn(3) && Resized(random, input) is { } resized) return resized;
        return s_bytes.Mutate(random, input, other);
    }

    /// <summary>Another length for what looks like a sized buffer, with the content to match it: the structure around it stays readable.</summary>
    private static byte[]? Resized(Random random, byte[] input)
    {
        List<int> starts = Enumerable.Range(0, Math.Max(0, input.Length - 1)).Where(i => Size(input, i) is > 0 and var size && i + 2 + size <= input.Length).ToList();
        if (starts.Count == 0) return null;
        int at = random.Of(starts);
        byte[] content = random.Bytes(random.Length(1024));
        if (random.OnceIn(2)) input.AsSpan(at + 2, Math.Min(content.Length, Size(input, at))).CopyTo(content);
        return [.. input.AsSpan(0, at), (byte)(content.Length >> 8), (byte)content.Length, .. content, .. input.AsSpan(at + 2 + Size(input, at))];
    }

    private static int Size(byte[] bytes, int at) => (bytes[at] << 8) | bytes[at + 1];

    private static List<byte[]> Words()
    {
        IEnumerable<ushort> numbers = Enum.GetValues<TpmAlgId>().Select(a => (ushort)a)
            .Concat(Enum.GetValues<TpmSt>().Select(t => (ushort)t))
            .Concat(Enum.GetValues<TpmEccCurve>().Select(c => (ushort)c))
            .Concat<ushort>([0, 1, 2, 16, 20, 32, 48, 64, 127, 128, 255, 256, 257, 512, 1024, 4086, 4096, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF]);
        List<byte[]> words = numbers.Distinct().Select(n => new[] { (byte)(n >> 8), (byte)n }).ToList();
        words.Add([0xFF, 0x54, 0x43, 0x47]);
        words.Add([0xFF, 0xFF, 0xFF, 0xFF]);
        words.Add([0x7F, 0xFF, 0xFF, 0xFF]);
        words.Add([0x80, 0, 0, 0]);
        words.Add([0, 0, 0, 0]);
        words.Add([0x40, 0, 0, 7]);
        words.Add(KeyTemplates.StorageRoot.Marshal());
        words.Add(KeyTemplates.EndorsementRsa2048.Marshal());
        return words;
    }
}
