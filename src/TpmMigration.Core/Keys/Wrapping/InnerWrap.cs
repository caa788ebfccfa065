using System;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// The optional layer inside the outer wrap, under a key that is handed over apart from it: neither who opens the outer
/// wrap nor who has the inner key can read the duplicated key alone. TPM 2.0 Part 1, 23.3.2.2.
/// </summary>
public static class InnerWrap
{
    private static readonly byte[] ZeroVector = new byte[16];

    /// <summary>Encrypts a sensitive area, with a digest before it that binds it to its object.</summary>
    /// <param name="innerKey">An AES key of 16, 24 or 32 bytes, made for this one use (the vector is zero).</param>
    /// <param name="objectName">The name of the object; its first two bytes tell the hash.</param>
    /// <param name="sensitive">A marshalled TPMT_SENSITIVE.</param>
    /// <exception cref="UnsupportedAlgorithmException">The name's hash is not supported.</exception>
    public static byte[] Seal(byte[] innerKey, byte[] objectName, byte[] sensitive)
    {
        byte[] sized = SizedBytes.Join(sensitive);
        byte[] plain = [.. SizedBytes.Join(TpmHash.Digest(NameAlg(objectName), sized, objectName)), .. sized];
        try
        {
            return AesCfb.Encrypt(innerKey, ZeroVector, plain);
        }
        finally
        {
            SecretBytes.Clear(sized);
            SecretBytes.Clear(plain);
        }
    }

    /// <summary>Decrypts and checks what <see cref="Seal"/> or a TPM made.</summary>
    /// <param name="innerKey">The AES key.</param>
    /// <param name="objectName">The name of the object.</param>
    /// <param name="wrapped">The encrypted bytes.</param>
    /// <returns>The marshalled TPMT_SENSITIVE. The caller clears it.</returns>
    /// <exception cref="WrappingIntegrityException">The key is not the right one, the object is another, or the bytes were altered.</exception>
    /// <exception cref="UnsupportedAlgorithmException">The name's hash is not supported.</exception>
    public static byte[] Open(byte[] innerKey, byte[] objectName, byte[] wrapped)
    {
        TpmAlgId nameAlg = NameAlg(objectName);
        byte[] plain = AesCfb.Decrypt(innerKey, ZeroVector, wrapped);
        byte[]? sized = null;
        byte[]? sensitive = null;
        try
        {
            byte[] integrity = SizedBytes.TryFirst(plain, 0) ?? [];
            sized = new byte[Math.Max(0, plain.Length - 2 - integrity.Length)];
            Array.Copy(plain, plain.Length - sized.Length, sized, 0, sized.Length);
            sensitive = SizedBytes.TryOnly(sized);
            bool matches = SecretBytes.FixedTimeEquals(integrity, TpmHash.Digest(nameAlg, sized, objectName));
            if (!matches || sensitive is null)
            {
                SecretBytes.Clear(sensitive);
                throw new WrappingIntegrityException(
                    "The inner wrap does not open: the inner key or the object is another one, or the blob was altered.");
            }

            return sensitive;
        }
        finally
        {
            SecretBytes.Clear(plain);
            SecretBytes.Clear(sized);
        }
    }

    private static TpmAlgId NameAlg(byte[] objectName)
    {
        if (objectName is null || objectName.Length < 2)
        {
            throw new ArgumentException("An object's name begins with the two bytes of its hash algorithm.", nameof(objectName));
        }

        return (TpmAlgId)((objectName[0] << 8) | objectName[1]);
    }
}
