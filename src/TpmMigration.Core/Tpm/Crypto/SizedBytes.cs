using System;

namespace TpmMigration.Tpm;

/// <summary>The TPM2B form inside encrypted blobs: two bytes of size, big-endian, then as many bytes.</summary>
internal static class SizedBytes
{
    private const int Prefix = 2;

    /// <summary>The items one after the other, each with its size before it.</summary>
    public static byte[] Join(params byte[][] items)
    {
        int total = 0;
        foreach (byte[] item in items)
        {
            if (item.Length > ushort.MaxValue)
            {
                throw new ArgumentException($"{item.Length} bytes are more than a TPM2B can hold.", nameof(items));
            }

            total += Prefix + item.Length;
        }

        byte[] result = new byte[total];
        int position = 0;
        foreach (byte[] item in items)
        {
            result[position] = (byte)(item.Length >> 8);
            result[position + 1] = (byte)item.Length;
            item.CopyTo(result, position + Prefix);
            position += Prefix + item.Length;
        }

        return result;
    }

    /// <summary>Exactly so many items, or null if the bytes hold fewer, or something follows the last.</summary>
    public static byte[][]? TrySplit(byte[] bytes, int count)
    {
        byte[][] items = new byte[count][];
        int position = 0;
        for (int i = 0; i < count; i++)
        {
            byte[]? item = TryFirst(bytes, position);
            if (item is null)
            {
                return null;
            }

            items[i] = item;
            position += Prefix + item.Length;
        }

        return position == bytes.Length ? items : null;
    }

    /// <summary>The one item the bytes hold, or null if they hold less or more than exactly one.</summary>
    public static byte[]? TryOnly(byte[] bytes) => TrySplit(bytes, 1)?[0];

    /// <summary>The item that starts at an offset, or null if the bytes end before it does.</summary>
    public static byte[]? TryFirst(byte[] bytes, int offset)
    {
        if (bytes.Length - offset < Prefix)
        {
            return null;
        }

        int size = (bytes[offset] << 8) | bytes[offset + 1];
        if (bytes.Length - offset - Prefix < size)
        {
            return null;
        }

        byte[] item = new byte[size];
        Array.Copy(bytes, offset + Prefix, item, 0, size);
        return item;
    }
}
