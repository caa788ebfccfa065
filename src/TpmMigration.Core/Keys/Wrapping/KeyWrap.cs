using System;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Duplication in software: what TPM2_Duplicate, TPM2_Rewrap and TPM2_Import do to a key's sensitive area. TPM 2.0 Part 1, 23.3.</summary>
public static class KeyWrap
{
    /// <summary>Wraps a key for a new parent.</summary>
    /// <param name="parent">The new parent.</param>
    /// <param name="objectName">The name of the key: its name algorithm, then the digest of its public area.</param>
    /// <param name="sensitive">The key's marshalled TPMT_SENSITIVE.</param>
    /// <param name="innerKey">An AES key of 16, 24 or 32 bytes made for this one use, or null for no inner wrap.</param>
    /// <exception cref="ArgumentException">The parent's public key is no valid key.</exception>
    /// <exception cref="UnsupportedAlgorithmException">An algorithm of the parent or of the name is not supported.</exception>
    public static WrappedKey Wrap(WrappingParent parent, byte[] objectName, byte[] sensitive, byte[]? innerKey = null)
    {
        byte[] content = innerKey is null ? SizedBytes.Join(sensitive) : InnerWrap.Seal(innerKey, objectName, sensitive);
        try
        {
            return WrapContent(parent, objectName, content);
        }
        finally
        {
            SecretBytes.Clear(content);
        }
    }

    /// <summary>Opens a key that was wrapped for a parent held in software.</summary>
    /// <param name="parent">The parent.</param>
    /// <param name="privateKey">Its private key.</param>
    /// <param name="objectName">The name of the key.</param>
    /// <param name="wrapped">The duplicate and its seed.</param>
    /// <param name="innerKey">The AES key of the inner wrap, or null when there is none.</param>
    /// <returns>The key's marshalled TPMT_SENSITIVE. The caller clears it.</returns>
    /// <exception cref="WrappingIntegrityException">It was made for another parent, object or inner key, or was altered.</exception>
    /// <exception cref="UnsupportedAlgorithmException">An algorithm of the parent or of the name is not supported.</exception>
    public static byte[] Unwrap(
        WrappingParent parent, AsymmetricPrivate privateKey, byte[] objectName, WrappedKey wrapped, byte[]? innerKey = null)
    {
        byte[] content = OpenContent(parent, privateKey, objectName, wrapped);
        try
        {
            return innerKey is not null
                ? InnerWrap.Open(innerKey, objectName, content)
                : SizedBytes.TryOnly(content) ?? throw new WrappingIntegrityException(
                    "The outer wrap opened but holds no sensitive area: there is an inner wrap, whose key is needed.");
        }
        finally
        {
            SecretBytes.Clear(content);
        }
    }

    /// <summary>Wraps a key for another parent without touching an inner wrap, as TPM2_Rewrap does.</summary>
    /// <param name="oldParent">The parent it is wrapped for.</param>
    /// <param name="oldPrivateKey">The private key of that parent.</param>
    /// <param name="newParent">The parent to wrap it for.</param>
    /// <param name="objectName">The name of the key.</param>
    /// <param name="wrapped">The duplicate and its seed.</param>
    /// <exception cref="WrappingIntegrityException">It was made for another parent or object, or was altered.</exception>
    /// <exception cref="ArgumentException">The new parent's public key is no valid key.</exception>
    /// <exception cref="UnsupportedAlgorithmException">An algorithm of a parent is not supported.</exception>
    public static WrappedKey Rewrap(
        WrappingParent oldParent, AsymmetricPrivate oldPrivateKey, WrappingParent newParent, byte[] objectName, WrappedKey wrapped)
    {
        byte[] content = OpenContent(oldParent, oldPrivateKey, objectName, wrapped);
        try
        {
            return WrapContent(newParent, objectName, content);
        }
        finally
        {
            SecretBytes.Clear(content);
        }
    }

    /// <summary>Sees to it that a key was wrapped for this parent and is whole; what opens is cleared at once. An inner wrap is not looked into.</summary>
    /// <inheritdoc cref="Unwrap"/>
    public static void RequireOpens(WrappingParent parent, AsymmetricPrivate privateKey, byte[] objectName, WrappedKey wrapped) =>
        SecretBytes.Clear(OpenContent(parent, privateKey, objectName, wrapped));

    private static WrappedKey WrapContent(WrappingParent parent, byte[] objectName, byte[] content)
    {
        using SharedSecret seed = SecretSharing.Encapsulate(parent.PublicKey, parent.NameAlg, SecretLabel.Duplicate);
        byte[] duplicate = OuterWrap.Seal(parent.NameAlg, parent.SymmetricKeyBits, seed.Secret, objectName, content);
        return new WrappedKey(duplicate, seed.EncryptedSecret);
    }

    private static byte[] OpenContent(WrappingParent parent, AsymmetricPrivate privateKey, byte[] objectName, WrappedKey wrapped) =>
        SeedOpening.Open(parent, privateKey, SecretLabel.Duplicate, objectName, wrapped.EncryptedSeed, wrapped.Duplicate);
}
