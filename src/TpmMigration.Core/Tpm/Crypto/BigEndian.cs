using System;
using System.Numerics;

namespace TpmMigration.Tpm;

/// <summary>Unsigned numbers as the TPM writes them: most significant byte first, at a given length.</summary>
internal static class BigEndian
{
    public static BigInteger Read(byte[] bytes)
    {
        // The extra zero byte keeps the number from being read as negative.
        byte[] littleEndian = new byte[bytes.Length + 1];
        bytes.CopyTo(littleEndian, 1);
        Array.Reverse(littleEndian);
        BigInteger number = new(littleEndian);
        SecretBytes.Clear(littleEndian);
        return number;
    }

    /// <summary>The number in exactly so many bytes, which must suffice.</summary>
    public static byte[] Write(BigInteger number, int size)
    {
        byte[] littleEndian = number.ToByteArray();
        byte[] result = new byte[size];
        for (int i = 0; i < Math.Min(size, littleEndian.Length); i++)
        {
            result[size - 1 - i] = littleEndian[i];
        }

        SecretBytes.Clear(littleEndian);
        return result;
    }

    /// <summary>The same number with zeros before it up to a size; longer ones are refused.</summary>
    public static byte[] Pad(byte[] number, int size)
    {
        if (number.Length > size)
        {
            throw new ArgumentException($"A number of {number.Length} bytes does not fit into {size}.", nameof(number));
        }

        byte[] padded = new byte[size];
        number.CopyTo(padded, size - number.Length);
        return padded;
    }
}
