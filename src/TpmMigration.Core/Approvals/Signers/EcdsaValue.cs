using System;

namespace TpmMigration.Approvals;

/// <summary>The value of an ECDSA signature as XML Signature has it: r and s, each as long as the curve's order. RFC 4050, 3.3.</summary>
internal static class EcdsaValue
{
    /// <param name="r">Big-endian, with or without leading zeros.</param>
    /// <param name="s">Big-endian, with or without leading zeros.</param>
    /// <param name="half">The size of the order in bytes.</param>
    internal static byte[] Join(byte[] r, byte[] s, int half)
    {
        byte[] value = new byte[2 * half];
        Put(r, value, 0, half);
        Put(s, value, half, half);
        return value;
    }

    private static void Put(byte[] number, byte[] value, int at, int size)
    {
        int excess = Math.Max(0, number.Length - size);
        Array.Copy(number, excess, value, at + size - (number.Length - excess), number.Length - excess);
    }
}
