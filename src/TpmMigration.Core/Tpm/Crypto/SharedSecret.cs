using System;

namespace TpmMigration.Tpm;

/// <summary>A fresh secret and its encryption to the key of a TPM. Dispose clears the secret.</summary>
public sealed class SharedSecret : IDisposable
{
    internal SharedSecret(byte[] secret, byte[] encryptedSecret)
    {
        Secret = secret;
        EncryptedSecret = encryptedSecret;
    }

    /// <summary>The secret, as long as the digest it was made with.</summary>
    public byte[] Secret { get; }

    /// <summary>The content of TPM2B_ENCRYPTED_SECRET, without its size: RSA ciphertext, or a marshalled TPMS_ECC_POINT.</summary>
    public byte[] EncryptedSecret { get; }

    public void Dispose() => SecretBytes.Clear(Secret);
}
