using System;
using System.Numerics;
using Org.BouncyCastle.Crypto.Parameters;
using BouncyInteger = Org.BouncyCastle.Math.BigInteger;

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
        BigInteger result = BigInteger.ModPow(BigEndian.Read(input), key.Exponent, BigEndian.Read(key.Modulus));
        return BigEndian.Write(result, key.Modulus.Length);
    }

    /// <summary>All numbers of a private key of which the TPM keeps one prime.</summary>
    /// <exception cref="ArgumentException">The prime does not divide the modulus, or makes no key with the exponent.</exception>
    public static RsaPrivateCrtKeyParameters Private(RsaPrivate key)
    {
        BouncyInteger modulus = new(1, key.PublicKey.Modulus);
        BouncyInteger p = new(1, key.Secret);
        if (p.CompareTo(BouncyInteger.One) <= 0 || p.CompareTo(modulus) >= 0 || modulus.Mod(p).SignValue != 0)
        {
            throw new ArgumentException("The private prime does not belong to the modulus of the key.", nameof(key));
        }

        BouncyInteger q = modulus.Divide(p);
        BouncyInteger e = BouncyInteger.ValueOf(key.PublicKey.Exponent);
        BouncyInteger p1 = p.Subtract(BouncyInteger.One);
        BouncyInteger q1 = q.Subtract(BouncyInteger.One);
        BouncyInteger phi = p1.Multiply(q1);
        if (!phi.Gcd(e).Equals(BouncyInteger.One))
        {
            throw new ArgumentException("The private prime makes no key with this exponent.", nameof(key));
        }

        BouncyInteger d = e.ModInverse(phi);
        return new RsaPrivateCrtKeyParameters(modulus, e, d, p, q, d.Mod(p1), d.Mod(q1), q.ModInverse(p));
    }
}
