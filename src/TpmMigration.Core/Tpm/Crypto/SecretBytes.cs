using System;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace TpmMigration.Tpm;

/// <summary>What every secret in a byte array needs, alike on both frameworks: fresh bytes, comparison in constant time, clearing.</summary>
public static class SecretBytes
{
    private static readonly RandomNumberGenerator Generator = RandomNumberGenerator.Create();

    /// <summary>Bytes of the operating system's random number generator.</summary>
    /// <param name="size">How many, 0 or more.</param>
    public static byte[] Random(int size)
    {
        byte[] bytes = new byte[size];
        Fill(bytes);
        return bytes;
    }

    /// <summary>Whether two arrays hold the same bytes, in a time that tells nothing about where they differ.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    public static bool FixedTimeEquals(byte[] left, byte[] right)
    {
        if (left is null)
        {
            throw new ArgumentNullException(nameof(left));
        }

        if (right is null)
        {
            throw new ArgumentNullException(nameof(right));
        }

        if (left.Length != right.Length)
        {
            return false;
        }

        int difference = 0;
        for (int i = 0; i < left.Length; i++)
        {
            difference |= left[i] ^ right[i];
        }

        return difference == 0;
    }

    /// <summary>Overwrites the bytes with zeros. Null is let pass, for use in finally blocks.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    public static void Clear(byte[]? bytes)
    {
        if (bytes is not null)
        {
            Array.Clear(bytes, 0, bytes.Length);
        }
    }

    /// <summary>Fills the whole array with bytes of the operating system's random number generator.</summary>
    internal static void Fill(byte[] bytes) => Generator.GetBytes(bytes);
}
