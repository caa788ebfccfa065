using System;

namespace TpmMigration.Keys;

/// <summary>A credential as TPM2_MakeCredential returns it and TPM2_ActivateCredential takes it.</summary>
public sealed class ProtectedCredential
{
    /// <param name="idObject">The content of TPM2B_ID_OBJECT, without its size.</param>
    /// <param name="encryptedSecret">The content of TPM2B_ENCRYPTED_SECRET, without its size.</param>
    public ProtectedCredential(byte[] idObject, byte[] encryptedSecret)
    {
        IdObject = idObject ?? throw new ArgumentNullException(nameof(idObject));
        EncryptedSecret = encryptedSecret ?? throw new ArgumentNullException(nameof(encryptedSecret));
    }

    /// <summary>The content of TPM2B_ID_OBJECT, without its size.</summary>
    public byte[] IdObject { get; }

    /// <summary>The content of TPM2B_ENCRYPTED_SECRET, without its size.</summary>
    public byte[] EncryptedSecret { get; }
}
