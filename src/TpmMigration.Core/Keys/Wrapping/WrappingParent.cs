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

    public TpmAlgId NameAlg { get; }

    /// <summary>128, 192 or 256.</summary>
    public int SymmetricKeyBits { get; }

    public AsymmetricPublic PublicKey { get; }
}
