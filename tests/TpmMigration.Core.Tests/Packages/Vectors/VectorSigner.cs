using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Signers;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>Signs with a key of the set, the same way each time: ECDSA takes its number from key and digest (RFC 6979).</summary>
internal sealed class VectorSigner
{
    private readonly bool _isRsa;

    private VectorSigner(string name, bool isRsa) => (Name, _isRsa) = (name, isRsa);

    internal static VectorSigner Ecc { get; } = new("signer-ecc", false);

    internal static VectorSigner P384 { get; } = new("signer-p384", false);

    internal static VectorSigner Rsa { get; } = new("signer-rsa", true);

    internal static VectorSigner Stranger { get; } = new("stranger", false);

    internal static VectorSigner WeakRsa { get; } = new("refused-rsa1024", true);

    internal static VectorSigner P521 { get; } = new("refused-p521", false);

    internal static VectorSigner Secp256K1 { get; } = new("refused-secp256k1", false);

    internal string Name { get; }

    internal byte[] Certificate => VectorFolder.Certificate(Name);

    internal string Method => _isRsa ? "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" : "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";

    internal byte[] Sign(byte[] digest)
    {
        if (_isRsa)
        {
            using RSA rsa = RSA.Create(VectorFolder.Rsa(Name));
            return rsa.SignHash(digest, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }
        using ECDsa key = ECDsa.Create(VectorFolder.Ecc(Name));
        var parameters = (Org.BouncyCastle.Crypto.Parameters.ECPrivateKeyParameters)Org.BouncyCastle.Security.PrivateKeyFactory.CreateKey(key.ExportPkcs8PrivateKey());
        var signer = new ECDsaSigner(new HMacDsaKCalculator(new Sha256Digest()));
        signer.Init(true, parameters);
        Org.BouncyCastle.Math.BigInteger[] value = signer.GenerateSignature(digest);
        int half = (key.KeySize + 7) / 8;
        return [.. Padded(value[0].ToByteArrayUnsigned(), half), .. Padded(value[1].ToByteArrayUnsigned(), half)];
    }

    private static byte[] Padded(byte[] number, int size) => [.. new byte[size - number.Length], .. number];
}
