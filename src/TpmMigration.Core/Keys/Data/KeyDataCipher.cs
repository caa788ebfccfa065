using System;
using System.Text;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// Seals data of a key with AES-256-GCM under a data key. The seal holds content, type, name, media type, length and the TPM name of the
/// key together: data cannot be passed off as another key's, or under another name. NIST SP 800-38D.
/// </summary>
internal static class KeyDataCipher
{
    /// <summary>The size of a data key in bytes.</summary>
    public const int KeySize = 32;

    /// <summary>By how much sealed content is longer.</summary>
    public const int Overhead = NonceSize + TagSize;

    private const int NonceSize = 12, TagSize = 16;

    private static readonly byte[] Purpose = Encoding.ASCII.GetBytes("TPM migration key data 1");

    public static SealedKeyData Seal(byte[] dataKey, byte[] tpmName, KeyData data)
    {
        byte[] result = new byte[data.Content.Length + Overhead];
        byte[] nonce = SecretBytes.Random(NonceSize);
        Buffer.BlockCopy(nonce, 0, result, 0, NonceSize);
        IAeadBlockCipher cipher = Cipher(true, dataKey, nonce, tpmName, data.Info);
        int written = cipher.ProcessBytes(data.Content, 0, data.Content.Length, result, NonceSize);
        cipher.DoFinal(result, NonceSize + written);
        return new SealedKeyData(data.Info, result);
    }

    /// <returns>The content, or null if it does not agree with its seal.</returns>
    public static KeyData? TryOpen(byte[] dataKey, byte[] tpmName, SealedKeyData data) =>
        TryOpenContent(dataKey, tpmName, data) is { } content ? new KeyData(data.Info.Type, data.Info.Name, data.Info.MediaType, content) : null;

    /// <returns>The same without a check of names that are not the store's. The caller clears it.</returns>
    public static byte[]? TryOpenContent(byte[] dataKey, byte[] tpmName, SealedKeyData data)
    {
        if (data.Content.Length != data.Info.Length + Overhead) return null;
        byte[] nonce = new byte[NonceSize];
        Buffer.BlockCopy(data.Content, 0, nonce, 0, NonceSize);
        byte[] content = new byte[data.Info.Length];
        try
        {
            IAeadBlockCipher cipher = Cipher(false, dataKey, nonce, tpmName, data.Info);
            int written = cipher.ProcessBytes(data.Content, NonceSize, data.Content.Length - NonceSize, content, 0);
            cipher.DoFinal(content, written);
            return content;
        }
        catch (InvalidCipherTextException)
        {
            SecretBytes.Clear(content);
            return null;
        }
    }

    private static GcmBlockCipher Cipher(bool encrypt, byte[] dataKey, byte[] nonce, byte[] tpmName, KeyDataInfo info)
    {
        byte[] bound = TpmWriter.Write(w =>
        {
            w.WriteTpm2b(Purpose);
            w.WriteTpm2b(tpmName);
            w.WriteTpm2b(Encoding.UTF8.GetBytes(info.Type));
            w.WriteTpm2b(Encoding.UTF8.GetBytes(info.Name));
            w.WriteTpm2b(Encoding.UTF8.GetBytes(info.MediaType));
            w.WriteU32((uint)info.Length);
        });
        var cipher = new GcmBlockCipher(AesUtilities.CreateEngine());
        cipher.Init(encrypt, new AeadParameters(new KeyParameter(dataKey), TagSize * 8, nonce, bound));
        return cipher;
    }
}
