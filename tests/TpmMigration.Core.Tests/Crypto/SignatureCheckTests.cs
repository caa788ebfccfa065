using System;
using System.Security.Cryptography;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Crypto;

public class SignatureCheckTests
{
    private static readonly RSA Rsa = RSA.Create(2048);

    [Theory]
    [InlineData(TpmAlgId.Sha1, "SHA1")]
    [InlineData(TpmAlgId.Sha256, "SHA256")]
    [InlineData(TpmAlgId.Sha384, "SHA384")]
    [InlineData(TpmAlgId.Sha512, "SHA512")]
    public void Rsa_signatures_verify_and_no_altered_or_foreign_one_does(TpmAlgId hash, string name)
    {
        byte[] digest = TpmHash.Digest(hash, [1, 2, 3]);
        byte[] ssa = Rsa.SignHash(digest, new HashAlgorithmName(name), RSASignaturePadding.Pkcs1);
        byte[] pss = Rsa.SignHash(digest, new HashAlgorithmName(name), RSASignaturePadding.Pss);
        RsaPublic key = Public(Rsa);
        Assert.True(SignatureCheck.RsaSsa(key, hash, digest, ssa));
        Assert.True(SignatureCheck.RsaPss(key, hash, digest, pss));
        Assert.False(SignatureCheck.RsaSsa(key, hash, digest, pss));
        Assert.False(SignatureCheck.RsaPss(key, hash, digest, ssa));

        using RSA other = RSA.Create(2048);
        Assert.False(SignatureCheck.RsaSsa(Public(other), hash, digest, ssa));
        Assert.False(SignatureCheck.RsaPss(Public(other), hash, digest, pss));
        for (int i = 0; i < digest.Length; i++)
        {
            Assert.False(SignatureCheck.RsaSsa(key, hash, Flip(digest, i), ssa));
            Assert.False(SignatureCheck.RsaPss(key, hash, Flip(digest, i), pss));
        }

        for (int i = 0; i < ssa.Length; i++)
        {
            Assert.False(SignatureCheck.RsaSsa(key, hash, digest, Flip(ssa, i)));
            Assert.False(SignatureCheck.RsaPss(key, hash, digest, Flip(pss, i)));
        }

        foreach (byte[] wrong in (byte[][])[[], ssa[1..], [.. ssa, 0], [0, .. ssa], key.Modulus, new byte[256]])
        {
            Assert.False(SignatureCheck.RsaSsa(key, hash, digest, wrong));
            Assert.False(SignatureCheck.RsaPss(key, hash, digest, wrong));
        }
    }

    [Fact]
    public void A_digest_of_another_length_than_the_hash_makes_is_a_callers_mistake()
    {
        Assert.Throws<ArgumentException>(() => SignatureCheck.RsaSsa(Public(Rsa), TpmAlgId.Sha256, new byte[20], new byte[256]));
        Assert.Throws<ArgumentException>(() => SignatureCheck.RsaPss(Public(Rsa), TpmAlgId.Sha256, new byte[20], new byte[256]));
    }

    [Theory]
    [InlineData(TpmEccCurve.NistP256, "nistP256", typeof(PlatformEccEngine))]
    [InlineData(TpmEccCurve.NistP256, "nistP256", typeof(OpenSslEccEngine))]
    [InlineData(TpmEccCurve.NistP256, "nistP256", typeof(BouncyCastleEccEngine))]
    [InlineData(TpmEccCurve.NistP384, "nistP384", typeof(PlatformEccEngine))]
    [InlineData(TpmEccCurve.NistP384, "nistP384", typeof(OpenSslEccEngine))]
    [InlineData(TpmEccCurve.NistP384, "nistP384", typeof(BouncyCastleEccEngine))]
    [InlineData(TpmEccCurve.NistP521, "nistP521", typeof(PlatformEccEngine))]
    [InlineData(TpmEccCurve.NistP521, "nistP521", typeof(OpenSslEccEngine))]
    [InlineData(TpmEccCurve.NistP521, "nistP521", typeof(BouncyCastleEccEngine))]
    public void Ecdsa_signatures_verify_and_no_altered_or_foreign_one_does(TpmEccCurve curve, string name, Type engineType)
    {
        IEccEngine engine = (IEccEngine)Activator.CreateInstance(engineType)!;
        using ECDsa signer = ECDsa.Create(ECCurve.CreateFromFriendlyName(name));
        ECParameters parameters = signer.ExportParameters(false);
        EccPublic key = new(curve, parameters.Q.X!, parameters.Q.Y!);
        foreach (TpmAlgId hash in (TpmAlgId[])[TpmAlgId.Sha1, TpmAlgId.Sha256, TpmAlgId.Sha384, TpmAlgId.Sha512])
        {
            byte[] digest = TpmHash.Digest(hash, [1, 2, 3]);
            byte[] signature = signer.SignHash(digest);
            byte[] r = signature[..(signature.Length / 2)];
            byte[] s = signature[(signature.Length / 2)..];
            Assert.True(SignatureCheck.EcDsa(key, digest, r, s, engine));
            Assert.True(SignatureCheck.EcDsa(key, digest, Trim(r), Trim(s), engine));
            Assert.False(SignatureCheck.EcDsa(key, Flip(digest, 0), r, s, engine));
            Assert.False(SignatureCheck.EcDsa(key, digest, Flip(r, r.Length - 1), s, engine));
            Assert.False(SignatureCheck.EcDsa(key, digest, r, Flip(s, s.Length - 1), engine));
            Assert.False(SignatureCheck.EcDsa(key, digest, s, r, engine));
            Assert.False(SignatureCheck.EcDsa(key, digest, [], s, engine));
            Assert.False(SignatureCheck.EcDsa(key, digest, r, new byte[s.Length], engine));
            Assert.False(SignatureCheck.EcDsa(key, digest, [0, .. r], s, engine));
            Assert.False(SignatureCheck.EcDsa(new EccPublic(curve, key.X, Flip(key.Y, 9)), digest, r, s, engine));
            using EccPrivate other = engine.NewKey(curve);
            Assert.False(SignatureCheck.EcDsa(other.PublicKey, digest, r, s, engine));
        }
    }

    private static RsaPublic Public(RSA key)
    {
        RSAParameters parameters = key.ExportParameters(false);
        return new RsaPublic(parameters.Modulus!, 0);
    }

    private static byte[] Trim(byte[] number)
    {
        int zeros = 0;
        while (number[zeros] == 0)
        {
            zeros++;
        }

        return number[zeros..];
    }

    private static byte[] Flip(byte[] bytes, int index)
    {
        byte[] copy = (byte[])bytes.Clone();
        copy[index] ^= 1;
        return copy;
    }
}
