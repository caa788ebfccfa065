using System;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// A secret that only the TPM with a given endorsement key can release, and only if it also holds a given object: a
/// challenge that proves both sit in one TPM. TPM 2.0 Part 1, 24.
/// </summary>
public static class CredentialProtection
{
    /// <summary>Protects a credential, as TPM2_MakeCredential does.</summary>
    /// <param name="endorsementKey">The endorsement key, or another restricted decryption key.</param>
    /// <param name="objectName">The name of the object (an AK) the TPM must hold.</param>
    /// <param name="credential">The secret, 1 byte to the size of the endorsement key's name digest.</param>
    /// <exception cref="ArgumentException">The credential is empty or too long, or the public key is no valid key.</exception>
    /// <exception cref="UnsupportedAlgorithmException">An algorithm of the endorsement key is not supported.</exception>
    public static ProtectedCredential Make(WrappingParent endorsementKey, byte[] objectName, byte[] credential)
    {
        int largest = TpmHash.Size(endorsementKey.NameAlg);
        if (credential is null || credential.Length == 0 || credential.Length > largest)
        {
            throw new ArgumentException($"A credential for this key is 1 to {largest} bytes long.", nameof(credential));
        }

        byte[] content = SizedBytes.Join(credential);
        try
        {
            using SharedSecret seed = SecretSharing.Encapsulate(endorsementKey.PublicKey, endorsementKey.NameAlg, SecretLabel.Identity);
            byte[] idObject = OuterWrap.Seal(endorsementKey.NameAlg, endorsementKey.SymmetricKeyBits, seed.Secret, objectName, content);
            return new ProtectedCredential(idObject, seed.EncryptedSecret);
        }
        finally
        {
            SecretBytes.Clear(content);
        }
    }

    /// <summary>Releases a credential with an endorsement key held in software, as TPM2_ActivateCredential does.</summary>
    /// <param name="endorsementKey">The endorsement key.</param>
    /// <param name="privateKey">Its private key.</param>
    /// <param name="objectName">The name of the object the credential was made for.</param>
    /// <param name="credential">The protected credential.</param>
    /// <returns>The secret. The caller clears it.</returns>
    /// <exception cref="WrappingIntegrityException">It was made for another key or object, or was altered.</exception>
    /// <exception cref="UnsupportedAlgorithmException">An algorithm of the endorsement key is not supported.</exception>
    public static byte[] Open(
        WrappingParent endorsementKey, AsymmetricPrivate privateKey, byte[] objectName, ProtectedCredential credential)
    {
        byte[] content = SeedOpening.Open(
            endorsementKey, privateKey, SecretLabel.Identity, objectName, credential.EncryptedSecret, credential.IdObject);
        try
        {
            return SizedBytes.TryOnly(content) ?? throw OuterWrap.Failure();
        }
        finally
        {
            SecretBytes.Clear(content);
        }
    }
}
