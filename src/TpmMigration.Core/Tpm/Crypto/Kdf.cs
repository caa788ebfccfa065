using System;
using System.Text;

namespace TpmMigration.Tpm;

/// <summary>The key derivation functions of TPM 2.0. Part 1, 11.4.10.</summary>
public static class Kdf
{
    /// <summary>KDFa: counter mode of SP 800-108 with HMAC. Part 1, 11.4.10.2.</summary>
    /// <param name="hash">The hash inside the HMAC.</param>
    /// <param name="key">The HMAC key, of any length.</param>
    /// <param name="label">ASCII, without the terminating zero, which is added here.</param>
    /// <param name="contextU">First context; null is the empty one.</param>
    /// <param name="contextV">Second context; null is the empty one.</param>
    /// <param name="bits">Size of the result in bits.</param>
    /// <returns>(bits + 7) / 8 bytes, big-endian; the bits of the first byte beyond <paramref name="bits"/> are zero.</returns>
    /// <exception cref="UnsupportedAlgorithmException">The hash is not supported.</exception>
    public static byte[] KdfA(TpmAlgId hash, byte[] key, string label, byte[]? contextU, byte[]? contextV, int bits)
    {
        if (key is null) throw new ArgumentNullException(nameof(key));
        byte[] counter = new byte[4];
        byte[][] parts = [counter, Label(label), contextU ?? [], contextV ?? [], BigEndian(bits)];
        return Expand(TpmHash.Size(hash), bits, counter, () => TpmHash.Hmac(hash, key, parts));
    }

    /// <summary>KDFe: the concatenation function of SP 800-56A. Part 1, 11.4.10.3.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="z">The x-coordinate of the shared point, of the size of the curve's field.</param>
    /// <param name="use">ASCII label, without the terminating zero, which is added here.</param>
    /// <param name="partyUInfo">The x-coordinate of the ephemeral key; null is empty.</param>
    /// <param name="partyVInfo">The x-coordinate of the static key; null is empty.</param>
    /// <param name="bits">Size of the result in bits.</param>
    /// <returns>(bits + 7) / 8 bytes, big-endian; the bits of the first byte beyond <paramref name="bits"/> are zero.</returns>
    /// <exception cref="UnsupportedAlgorithmException">The hash is not supported.</exception>
    public static byte[] KdfE(TpmAlgId hash, byte[] z, string use, byte[]? partyUInfo, byte[]? partyVInfo, int bits)
    {
        byte[] counter = new byte[4];
        byte[][] parts = [counter, z ?? throw new ArgumentNullException(nameof(z)), Label(use), partyUInfo ?? [], partyVInfo ?? []];
        return Expand(TpmHash.Size(hash), bits, counter, () => TpmHash.Digest(hash, parts));
    }

    /// <summary>An ASCII label with the zero byte that ends it, as KDFs and OAEP take it.</summary>
    internal static byte[] Label(string label)
    {
        byte[] bytes = new byte[(label ?? throw new ArgumentNullException(nameof(label))).Length + 1];
        Encoding.ASCII.GetBytes(label, 0, label.Length, bytes, 0);
        return bytes;
    }

    private static byte[] Expand(int blockSize, int bits, byte[] counter, Func<byte[]> nextBlock)
    {
        if (bits < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(bits), bits, "A number of bits is not negative.");
        }

        byte[] result = new byte[(bits + 7) / 8];
        for (int done = 0, block = 1; done < result.Length; done += blockSize, block++)
        {
            BigEndian(block).CopyTo(counter, 0);
            byte[] output = nextBlock();
            Array.Copy(output, 0, result, done, Math.Min(blockSize, result.Length - done));
            SecretBytes.Clear(output);
        }

        if (bits % 8 != 0)
        {
            result[0] &= (byte)((1 << (bits % 8)) - 1);
        }

        return result;
    }

    private static byte[] BigEndian(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
