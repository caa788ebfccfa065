using System;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Encodings;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Security;

namespace TpmMigration.Tpm;

/// <summary>RSAES-OAEP with a label, one hash for label and mask. RFC 8017, 7.1; TPM 2.0 Part 1, B.4 and B.10.</summary>
internal static class RsaSecretSharing
{
    public static SharedSecret Encapsulate(RsaPublic key, TpmAlgId hash, string label, Action<byte[]> random)
    {
        int hashSize = TpmHash.Size(hash);
        int size = key.Modulus.Length;
        if (size < (3 * hashSize) + 2)
        {
            throw new ArgumentException($"An RSA key of {size * 8} bits is too small to share a secret with {hash}.", nameof(key));
        }

        byte[] secret = new byte[hashSize];
        random(secret);
        byte[] seed = new byte[hashSize];
        random(seed);

        // EM = 00 || maskedSeed || maskedDB with DB = hash of the label || zeros || 01 || secret.
        byte[] encoded = new byte[size];
        int data = hashSize + 1;
        seed.CopyTo(encoded, 1);
        TpmHash.Digest(hash, Kdf.Label(label)).CopyTo(encoded, data);
        encoded[size - hashSize - 1] = 1;
        secret.CopyTo(encoded, size - hashSize);
        Mgf1.Apply(hash, seed, encoded, data, size - data);
        byte[] maskedData = new byte[size - data];
        Array.Copy(encoded, data, maskedData, 0, maskedData.Length);
        Mgf1.Apply(hash, maskedData, encoded, 1, hashSize);

        byte[] encrypted = RawRsa.Public(key, encoded);
        SecretBytes.Clear(seed);
        SecretBytes.Clear(encoded);
        return new SharedSecret(secret, encrypted);
    }

    public static byte[] Decapsulate(RsaPrivate key, TpmAlgId hash, string label, byte[] encryptedSecret)
    {
        SecretSharingException failure = new(
            "The encrypted seed cannot be opened with this key: it was made for another key or purpose, or altered.");
        if (encryptedSecret.Length != key.PublicKey.Modulus.Length)
        {
            throw failure;
        }

        byte[] secret = Decrypt(key, hash, Kdf.Label(label), encryptedSecret) ?? throw failure;
        if (secret.Length == 0 || secret.Length > TpmHash.Size(hash))
        {
            SecretBytes.Clear(secret);
            throw failure;
        }

        return secret;
    }

    /// <returns>Null if it does not decrypt; a library's own reason must not reach whoever sent the bytes.</returns>
    private static byte[]? Decrypt(RsaPrivate key, TpmAlgId hash, byte[] label, byte[] encrypted)
    {
#if NET
        if (OpenSslLibrary.IsThere) return OpenSslOaep.Of(key).Decrypt(hash, label, encrypted);
#endif
        return DecryptManaged(key, hash, label, encrypted);
    }

    /// <summary>Where the platform has no OAEP with a label that .NET gives.</summary>
    internal static byte[]? DecryptManaged(RsaPrivate key, TpmAlgId hash, byte[] label, byte[] encrypted)
    {
        OaepEncoding oaep = new(new RsaBlindedEngine(), Digest(hash), Digest(hash), label);
        oaep.Init(false, new ParametersWithRandom(key.Numbers, new SecureRandom(new CryptoApiRandomGenerator())));
        try
        {
            return oaep.ProcessBlock(encrypted, 0, encrypted.Length);
        }
        catch (CryptoException)
        {
            return null;
        }
    }

    private static IDigest Digest(TpmAlgId hash) => TpmHash.Size(hash) switch
    {
        20 => new Sha1Digest(),
        32 => new Sha256Digest(),
        48 => new Sha384Digest(),
        _ => new Sha512Digest(),
    };
}
