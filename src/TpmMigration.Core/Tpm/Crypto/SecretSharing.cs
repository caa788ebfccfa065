using System;

namespace TpmMigration.Tpm;

/// <summary>
/// Sharing a secret with the holder of an RSA or ECC key, as a TPM does for the seed of a duplicate, of a credential and
/// for the salt of a session. TPM 2.0 Part 1, B.10 (RSA) and C.6 (ECC).
/// </summary>
public static class SecretSharing
{
    /// <summary>Makes a secret and encrypts it to a key.</summary>
    /// <param name="key">The receiver's public key.</param>
    /// <param name="hash">
    /// The name algorithm of the receiver's key; for an RSA key with the OAEP scheme, the scheme's hash. It is also the
    /// size of the secret.
    /// </param>
    /// <param name="label">What the secret is for: a constant of <see cref="SecretLabel"/>.</param>
    /// <exception cref="ArgumentException">The key's point is not on its curve, or the modulus is too small for the hash.</exception>
    /// <exception cref="UnsupportedAlgorithmException">The hash or the curve is not supported.</exception>
    public static SharedSecret Encapsulate(AsymmetricPublic key, TpmAlgId hash, string label) =>
        Encapsulate(key, hash, label, null, EccEngine.Default);

    /// <summary>Recovers a secret that was shared with a key held in software.</summary>
    /// <param name="key">The receiver's private key.</param>
    /// <param name="hash">As for <see cref="Encapsulate(AsymmetricPublic, TpmAlgId, string)"/>.</param>
    /// <param name="label">What the secret is for: a constant of <see cref="SecretLabel"/>.</param>
    /// <param name="encryptedSecret">The content of TPM2B_ENCRYPTED_SECRET, without its size.</param>
    /// <returns>The secret, 1 byte to the size of the digest long. The caller clears it.</returns>
    /// <exception cref="SecretSharingException">It was made for another key, hash or label, or was altered.</exception>
    /// <exception cref="ArgumentException">The private key does not belong to its public half.</exception>
    /// <exception cref="UnsupportedAlgorithmException">The hash or the curve is not supported.</exception>
    public static byte[] Decapsulate(AsymmetricPrivate key, TpmAlgId hash, string label, byte[] encryptedSecret) =>
        Decapsulate(key, hash, label, encryptedSecret, EccEngine.Default);

    /// <inheritdoc cref="Decapsulate(AsymmetricPrivate, TpmAlgId, string, byte[])"/>
    internal static byte[] Decapsulate(
        AsymmetricPrivate key, TpmAlgId hash, string label, byte[] encryptedSecret, IEccEngine eccEngine)
    {
        if (encryptedSecret is null)
        {
            throw new ArgumentNullException(nameof(encryptedSecret));
        }

        return key switch
        {
            RsaPrivate rsa => RsaSecretSharing.Decapsulate(rsa, hash, label, encryptedSecret),
            EccPrivate ecc => EccSecretSharing.Decapsulate(ecc, hash, label, encryptedSecret, eccEngine),
            _ => throw new ArgumentNullException(nameof(key)),
        };
    }

    /// <inheritdoc cref="Encapsulate(AsymmetricPublic, TpmAlgId, string)"/>
    /// <remarks>
    /// The random source fills an array, null being the system's own. For RSA it is asked for the secret, then for the OAEP
    /// seed; for ECC for the ephemeral scalar, and again while that is out of range.
    /// </remarks>
    internal static SharedSecret Encapsulate(
        AsymmetricPublic key, TpmAlgId hash, string label, Action<byte[]>? random, IEccEngine eccEngine) => key switch
    {
        RsaPublic rsa => RsaSecretSharing.Encapsulate(rsa, hash, label, random ?? SecretBytes.Fill),
        EccPublic ecc => EccSecretSharing.Encapsulate(ecc, hash, label, random, eccEngine),
        _ => throw new ArgumentNullException(nameof(key)),
    };
}
