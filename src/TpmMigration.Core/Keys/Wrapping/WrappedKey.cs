using System;

namespace TpmMigration.Keys;

/// <summary>A duplicated key as TPM2_Duplicate returns it and TPM2_Import and TPM2_Rewrap take it.</summary>
public sealed class WrappedKey
{
    /// <param name="duplicate">The content of TPM2B_PRIVATE, without its size.</param>
    /// <param name="encryptedSeed">The content of TPM2B_ENCRYPTED_SECRET, without its size; empty when there is no outer wrap.</param>
    public WrappedKey(byte[] duplicate, byte[] encryptedSeed)
    {
        Duplicate = duplicate ?? throw new ArgumentNullException(nameof(duplicate));
        EncryptedSeed = encryptedSeed ?? throw new ArgumentNullException(nameof(encryptedSeed));
    }

    /// <summary>The content of TPM2B_PRIVATE, without its size.</summary>
    public byte[] Duplicate { get; }

    /// <summary>The content of TPM2B_ENCRYPTED_SECRET, without its size; empty when there is no outer wrap.</summary>
    public byte[] EncryptedSeed { get; }
}
