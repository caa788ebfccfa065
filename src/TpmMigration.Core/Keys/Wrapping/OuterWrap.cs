using System;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// The layer around a duplicated key and around a credential: encrypted and authenticated with keys derived from a seed
/// that only the holder of the parent can recover. TPM 2.0 Part 1, 23.3.2.3 and 24.4.
/// </summary>
public static class OuterWrap
{
    private static readonly byte[] ZeroVector = new byte[16];

    /// <summary>Encrypts and authenticates.</summary>
    /// <param name="nameAlg">The name algorithm of the parent, which makes the keys and the HMAC.</param>
    /// <param name="symmetricKeyBits">Size of the parent's AES-CFB key: 128, 192 or 256.</param>
    /// <param name="seed">The shared secret.</param>
    /// <param name="objectName">The name (TPM2B_NAME without its size) of the object the content belongs to.</param>
    /// <param name="content">The plain content.</param>
    /// <returns>TPM2B_DIGEST of the HMAC, then the encrypted content to the end.</returns>
    /// <exception cref="UnsupportedAlgorithmException">The hash or the key size is not supported.</exception>
    public static byte[] Seal(TpmAlgId nameAlg, int symmetricKeyBits, byte[] seed, byte[] objectName, byte[] content)
    {
        CheckGiven(seed, objectName);
        byte[] encrypted = WithSymmetricKey(nameAlg, symmetricKeyBits, seed, objectName, key => AesCfb.Encrypt(key, ZeroVector, content));
        byte[] hmac = Authenticate(nameAlg, seed, objectName, encrypted);
        return [.. SizedBytes.Join(hmac), .. encrypted];
    }

    /// <summary>Checks and decrypts what <see cref="Seal"/> or a TPM made.</summary>
    /// <param name="nameAlg">The name algorithm of the parent.</param>
    /// <param name="symmetricKeyBits">Size of the parent's AES-CFB key: 128, 192 or 256.</param>
    /// <param name="seed">The shared secret.</param>
    /// <param name="objectName">The name of the object the content belongs to.</param>
    /// <param name="wrapped">TPM2B_DIGEST of the HMAC, then the encrypted content to the end.</param>
    /// <returns>The plain content. The caller clears it.</returns>
    /// <exception cref="WrappingIntegrityException">It was made for another parent or object, or was altered.</exception>
    /// <exception cref="UnsupportedAlgorithmException">The hash or the key size is not supported.</exception>
    public static byte[] Open(TpmAlgId nameAlg, int symmetricKeyBits, byte[] seed, byte[] objectName, byte[] wrapped)
    {
        CheckGiven(seed, objectName);
        byte[] hmac = SizedBytes.TryFirst(wrapped ?? throw new ArgumentNullException(nameof(wrapped)), 0) ?? [];
        byte[] encrypted = new byte[Math.Max(0, wrapped.Length - 2 - hmac.Length)];
        Array.Copy(wrapped, wrapped.Length - encrypted.Length, encrypted, 0, encrypted.Length);
        byte[] expected = Authenticate(nameAlg, seed, objectName, encrypted);
        if (!SecretBytes.FixedTimeEquals(hmac, expected))
        {
            throw Failure();
        }

        return WithSymmetricKey(nameAlg, symmetricKeyBits, seed, objectName, key => AesCfb.Decrypt(key, ZeroVector, encrypted));
    }

    internal static WrappingIntegrityException Failure() => new(
        "The outer wrap does not open: it was made for another parent or another object, or was altered. Obtain the blob anew.");

    internal static void CheckSymmetricKeyBits(int bits)
    {
        if (bits is not (128 or 192 or 256))
        {
            throw new UnsupportedAlgorithmException($"An AES key of {bits} bits is not supported; use a parent with 128, 192 or 256.");
        }
    }

    private static void CheckGiven(byte[] seed, byte[] objectName)
    {
        if (seed is null)
        {
            throw new ArgumentNullException(nameof(seed));
        }

        if (objectName is null)
        {
            throw new ArgumentNullException(nameof(objectName));
        }
    }

    private static byte[] WithSymmetricKey(TpmAlgId nameAlg, int bits, byte[] seed, byte[] objectName, Func<byte[], byte[]> use)
    {
        CheckSymmetricKeyBits(bits);
        byte[] key = Kdf.KdfA(nameAlg, seed, "STORAGE", objectName, null, bits);
        try
        {
            return use(key);
        }
        finally
        {
            SecretBytes.Clear(key);
        }
    }

    private static byte[] Authenticate(TpmAlgId nameAlg, byte[] seed, byte[] objectName, byte[] encrypted)
    {
        byte[] key = Kdf.KdfA(nameAlg, seed, "INTEGRITY", null, null, TpmHash.Size(nameAlg) * 8);
        try
        {
            return TpmHash.Hmac(nameAlg, key, encrypted, objectName);
        }
        finally
        {
            SecretBytes.Clear(key);
        }
    }
}
