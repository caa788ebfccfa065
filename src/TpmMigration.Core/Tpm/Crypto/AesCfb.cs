using System;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace TpmMigration.Tpm;

/// <summary>
/// AES in cipher feedback mode with whole-block (128-bit) feedback, for data of any length. SP 800-38A, 6.3.
/// </summary>
/// <remarks>
/// Built on ECB because .NET's own CFB feeds back 8 bits by default, which a TPM cannot read, and with 128 bits refuses
/// data that does not fill its last block.
/// </remarks>
public static class AesCfb
{
    private const int Block = 16;

    /// <summary>Encrypts.</summary>
    /// <param name="key">16, 24 or 32 bytes.</param>
    /// <param name="iv">16 bytes. Neither it nor the others are changed.</param>
    /// <param name="data">Plain bytes, any number.</param>
    /// <returns>As many bytes as <paramref name="data"/>.</returns>
    public static byte[] Encrypt(byte[] key, byte[] iv, byte[] data)
    {
        using ICryptoTransform ecb = CreateEcb(key, iv, data);
        byte[] result = new byte[data.Length];
        byte[] stream = (byte[])iv.Clone();
        for (int start = 0; start < data.Length; start += Block)
        {
            // Each block's key stream is the encryption of the cipher block before it.
            ecb.TransformBlock(stream, 0, Block, stream, 0);
            int count = Math.Min(Block, data.Length - start);
            for (int i = 0; i < count; i++)
            {
                stream[i] = result[start + i] = (byte)(data[start + i] ^ stream[i]);
            }
        }

        SecretBytes.Clear(stream);
        return result;
    }

    /// <summary>Decrypts.</summary>
    /// <param name="key">16, 24 or 32 bytes.</param>
    /// <param name="iv">16 bytes. Neither it nor the others are changed.</param>
    /// <param name="data">Encrypted bytes, any number.</param>
    /// <returns>As many bytes as <paramref name="data"/>.</returns>
    public static byte[] Decrypt(byte[] key, byte[] iv, byte[] data)
    {
        using ICryptoTransform ecb = CreateEcb(key, iv, data);
        if (data.Length == 0)
        {
            return [];
        }

        // All cipher blocks are known, so the whole key stream is one transform of the vector and the cipher text.
        byte[] stream = new byte[(data.Length + Block - 1) / Block * Block];
        iv.CopyTo(stream, 0);
        Array.Copy(data, 0, stream, Block, stream.Length - Block);
        ecb.TransformBlock(stream, 0, stream.Length, stream, 0);

        byte[] result = new byte[data.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = (byte)(data[i] ^ stream[i]);
        }

        SecretBytes.Clear(stream);
        return result;
    }

    [SuppressMessage("Security", "CA5358", Justification = "ECB is the building block here; the mode of operation is CFB.")]
    private static ICryptoTransform CreateEcb(byte[] key, byte[] iv, byte[] data)
    {
        if (key is null)
        {
            throw new ArgumentNullException(nameof(key));
        }

        if (key.Length is not (16 or 24 or 32))
        {
            throw new ArgumentException($"An AES key is 16, 24 or 32 bytes long, not {key.Length}.", nameof(key));
        }

        if (iv is null || iv.Length != Block)
        {
            throw new ArgumentException("The initialization vector is 16 bytes long.", nameof(iv));
        }

        if (data is null)
        {
            throw new ArgumentNullException(nameof(data));
        }

        using Aes aes = Aes.Create();
        aes.Mode = CipherMode.ECB;
        aes.Padding = PaddingMode.None;
        return aes.CreateEncryptor(key, null);
    }
}
