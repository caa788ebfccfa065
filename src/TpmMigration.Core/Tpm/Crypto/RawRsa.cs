using System;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;

namespace TpmMigration.Tpm;

/// <summary>RSA without padding.</summary>
internal static class RawRsa
{
    /// <summary>The public operation: encryption, or the first step of verification.</summary>
    /// <param name="key">The key.</param>
    /// <param name="input">Big-endian, as long as the modulus and smaller than it.</param>
    /// <returns>Big-endian, as long as the modulus.</returns>
    public static byte[] Public(RsaPublic key, byte[] input)
    {
        BigInteger result = new BigInteger(1, input).ModPow(BigInteger.ValueOf(key.Exponent), new BigInteger(1, key.Modulus));
        byte[] bytes = result.ToByteArrayUnsigned();
        return bytes.Length == key.Modulus.Length ? bytes : [.. new byte[key.Modulus.Length - bytes.Length], .. bytes];
    }

    /// <summary>All numbers of a private key of which the TPM keeps one prime.</summary>
    /// <exception cref="ArgumentException">The prime does not divide the modulus, or makes no key with the exponent.</exception>
    public static RsaPrivateCrtKeyParameters Private(RsaPrivate key)
    {
        BigInteger modulus = new(1, key.PublicKey.Modulus);
        BigInteger p = new(1, key.Secret);
        if (p.CompareTo(BigInteger.One) <= 0 || p.CompareTo(modulus) >= 0 || modulus.Mod(p).SignValue != 0)
        {
            throw new ArgumentException("The private prime does not belong to the modulus of the key.", nameof(key));
        }

        BigInteger q = modulus.Divide(p);
        BigInteger e = BigInteger.ValueOf(key.PublicKey.Exponent);
        BigInteger p1 = p.Subtract(BigInteger.One);
        BigInteger q1 = q.Subtract(BigInteger.One);
        BigInteger phi = p1.Multiply(q1);
        if (!phi.Gcd(e).Equals(BigInteger.One))
        {
            throw new ArgumentException("The private prime makes no key with this exponent.", nameof(key));
        }

        BigInteger d = e.ModInverse(phi);
        return new RsaPrivateCrtKeyParameters(modulus, e, d, p, q, d.Mod(p1), d.Mod(q1), q.ModInverse(p));
    }
}
