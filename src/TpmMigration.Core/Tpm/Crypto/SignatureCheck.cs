using System;

namespace TpmMigration.Tpm;

/// <summary>
/// Verifies signatures of TPMs and of approvers in software, over a digest the caller computed. Each method answers false
/// for any signature that is not exactly right, whatever is wrong with it.
/// </summary>
public static class SignatureCheck
{
    /// <summary>RSASSA-PKCS1-v1_5, the TPM's RSASSA. RFC 8017, 8.2.</summary>
    /// <param name="key">The signer's key.</param>
    /// <param name="hash">The hash the digest was made with.</param>
    /// <param name="digest">The digest.</param>
    /// <param name="signature">Big-endian, as long as the modulus.</param>
    /// <exception cref="UnsupportedAlgorithmException">The hash is not supported.</exception>
    /// <exception cref="ArgumentException">The digest is not as long as the hash makes it.</exception>
    public static bool RsaSsa(RsaPublic key, TpmAlgId hash, byte[] digest, byte[] signature)
    {
        CheckDigest(hash, digest);
        byte[]? encoded = Open(key, signature);
        if (encoded is null)
        {
            return false;
        }

        // The only right encoding is built and compared, rather than the given one parsed: nothing can be hidden in it.
        byte[] prefix = DigestInfoPrefix(hash);
        byte[] expected = new byte[encoded.Length];
        int start = expected.Length - prefix.Length - digest.Length;
        if (start < 11)
        {
            return false;
        }

        expected[1] = 1;
        for (int i = 2; i < start - 1; i++)
        {
            expected[i] = 0xFF;
        }

        prefix.CopyTo(expected, start);
        digest.CopyTo(expected, start + prefix.Length);
        return SecretBytes.FixedTimeEquals(encoded, expected);
    }

    /// <summary>RSASSA-PSS with MGF1 of the same hash and a salt of any length, since TPMs differ in it. RFC 8017, 8.1 and 9.1.2.</summary>
    /// <param name="key">The signer's key.</param>
    /// <param name="hash">The hash the digest was made with.</param>
    /// <param name="digest">The digest.</param>
    /// <param name="signature">Big-endian, as long as the modulus.</param>
    /// <exception cref="UnsupportedAlgorithmException">The hash is not supported.</exception>
    /// <exception cref="ArgumentException">The digest is not as long as the hash makes it.</exception>
    public static bool RsaPss(RsaPublic key, TpmAlgId hash, byte[] digest, byte[] signature)
    {
        CheckDigest(hash, digest);
        byte[]? encoded = Open(key, signature);
        int dataSize = encoded is null ? 0 : encoded.Length - digest.Length - 1;
        if (encoded is null || dataSize < 1 || encoded[encoded.Length - 1] != 0xBC || encoded[0] >= 0x80)
        {
            return false;
        }

        byte[] h = new byte[digest.Length];
        Array.Copy(encoded, dataSize, h, 0, h.Length);
        Mgf1.Apply(hash, h, encoded, 0, dataSize);

        // The modulus has its first bit set (RsaPublic sees to that), so exactly one bit of the encoding is out of use.
        encoded[0] &= 0x7F;
        int one = 0;
        while (one < dataSize && encoded[one] == 0)
        {
            one++;
        }

        if (one == dataSize || encoded[one] != 1)
        {
            return false;
        }

        byte[] salt = new byte[dataSize - one - 1];
        Array.Copy(encoded, one + 1, salt, 0, salt.Length);
        return SecretBytes.FixedTimeEquals(h, TpmHash.Digest(hash, new byte[8], digest, salt));
    }

    /// <summary>ECDSA. FIPS 186-5, 6.4.2.</summary>
    /// <param name="key">The signer's key.</param>
    /// <param name="digest">The digest, of any hash; its leftmost bits count if it is longer than the curve's order.</param>
    /// <param name="r">First half of the signature, big-endian.</param>
    /// <param name="s">Second half of the signature, big-endian.</param>
    /// <exception cref="UnsupportedAlgorithmException">The curve is not supported.</exception>
    public static bool EcDsa(EccPublic key, byte[] digest, byte[] r, byte[] s) => EcDsa(key, digest, r, s, EccEngine.Default);

    internal static bool EcDsa(EccPublic key, byte[] digest, byte[] r, byte[] s, IEccEngine engine)
    {
        if (key is null)
        {
            throw new ArgumentNullException(nameof(key));
        }

        if (digest is null)
        {
            throw new ArgumentNullException(nameof(digest));
        }

        if (r is null)
        {
            throw new ArgumentNullException(nameof(r));
        }

        if (s is null)
        {
            throw new ArgumentNullException(nameof(s));
        }

        EccCurve curve = EccCurve.Get(key.Curve);
        EccPublic? point = EccSecretSharing.Checked(key);
        return point is not null && IsHalf(curve, r) && IsHalf(curve, s) &&
            engine.Verify(point, digest, BigEndian.Pad(r, curve.Size), BigEndian.Pad(s, curve.Size));
    }

    private static bool IsHalf(EccCurve curve, byte[] half) => half.Length <= curve.Size && curve.IsScalar(half);

    private static void CheckDigest(TpmAlgId hash, byte[] digest)
    {
        if (digest is null || digest.Length != TpmHash.Size(hash))
        {
            throw new ArgumentException($"A digest of {hash} is {TpmHash.Size(hash)} bytes long.", nameof(digest));
        }
    }

    private static byte[]? Open(RsaPublic key, byte[] signature)
    {
        if (key is null)
        {
            throw new ArgumentNullException(nameof(key));
        }

        if (signature is null)
        {
            throw new ArgumentNullException(nameof(signature));
        }

        return signature.Length == key.Modulus.Length &&
            BigEndian.Read(signature) < BigEndian.Read(key.Modulus)
            ? RawRsa.Public(key, signature)
            : null;
    }

    /// <summary>The DER of DigestInfo up to the digest. RFC 8017, 9.2, note 1.</summary>
    private static byte[] DigestInfoPrefix(TpmAlgId hash) => hash switch
    {
        TpmAlgId.Sha1 => [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A, 0x05, 0x00, 0x04, 0x14],
        TpmAlgId.Sha256 => Sha2Prefix(1, 32),
        TpmAlgId.Sha384 => Sha2Prefix(2, 48),
        _ => Sha2Prefix(3, 64),
    };

    private static byte[] Sha2Prefix(byte identifier, byte size) =>
    [
        0x30, (byte)(size + 17), 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, identifier, 0x05, 0x00, 0x04, size,
    ];
}
