using System;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>What wrapping needs to know of a storage key: the new parent of a key, or the endorsement key of a credential.</summary>
public sealed class WrappingParent
{
    /// <param name="nameAlg">The storage key's name algorithm.</param>
    /// <param name="symmetricKeyBits">Size of the AES-CFB key in its symmetric definition: 128, 192 or 256.</param>
    /// <param name="publicKey">Its RSA modulus or ECC point.</param>
    /// <exception cref="UnsupportedAlgorithmException">The name algorithm or the key size is not supported.</exception>
    public WrappingParent(TpmAlgId nameAlg, int symmetricKeyBits, AsymmetricPublic publicKey)
    {
        _ = TpmHash.Size(nameAlg);
        OuterWrap.CheckSymmetricKeyBits(symmetricKeyBits);
        NameAlg = nameAlg;
        SymmetricKeyBits = symmetricKeyBits;
        PublicKey = publicKey ?? throw new ArgumentNullException(nameof(publicKey));
    }

    /// <summary>The parent a public area describes.</summary>
    /// <exception cref="ArgumentException">It is no storage key (restricted, decrypting, not signing).</exception>
    /// <exception cref="UnsupportedAlgorithmException">It protects its children with another cipher than AES-CFB, or names an unsupported hash.</exception>
    /// <exception cref="TpmWireException">It holds no RSA or ECC key, or its numbers make none.</exception>
    public static WrappingParent From(TpmtPublic publicArea)
    {
        if (publicArea is null)
        {
            throw new ArgumentNullException(nameof(publicArea));
        }

        if (!publicArea.IsStorageKey)
        {
            throw new ArgumentException(
                "Keys and credentials can be wrapped for a storage key only (restricted, decrypting, not signing); this key is none.",
                nameof(publicArea));
        }

        TpmtSymDef symmetric = publicArea.Symmetric;
        return symmetric is { Algorithm: TpmAlgId.Aes, Mode: TpmAlgId.Cfb }
            ? new WrappingParent(publicArea.NameAlg, symmetric.KeyBits, publicArea.ToAsymmetric())
            : throw new UnsupportedAlgorithmException(
                $"A parent that protects its children with {symmetric.Algorithm} in mode {symmetric.Mode} is not supported; use one with AES-CFB.");
    }

    public TpmAlgId NameAlg { get; }

    /// <summary>128, 192 or 256.</summary>
    public int SymmetricKeyBits { get; }

    public AsymmetricPublic PublicKey { get; }
}
