using System;

namespace TpmMigration.Tpm;

/// <summary>The public half of an RSA or ECC key, as bare numbers: what secret sharing and signature checks need of it.</summary>
public abstract class AsymmetricPublic
{
    private protected AsymmetricPublic() { }
}

/// <summary>An RSA public key.</summary>
public sealed class RsaPublic : AsymmetricPublic
{
    /// <summary>The exponent a TPM means when its public area states 0.</summary>
    public const uint DefaultExponent = 65537;

    /// <param name="modulus">Big-endian, without leading zeros, 1024 to 4096 bits.</param>
    /// <param name="exponent">Odd; 0 stands for 65537.</param>
    /// <exception cref="ArgumentException">The numbers make no RSA key of these sizes.</exception>
    public RsaPublic(byte[] modulus, uint exponent)
    {
        if (modulus is null)
        {
            throw new ArgumentNullException(nameof(modulus));
        }

        if (modulus.Length is < 128 or > 512 || modulus[0] < 0x80 || modulus[modulus.Length - 1] % 2 == 0)
        {
            throw new ArgumentException(
                "An RSA modulus is an odd number of 128 to 512 bytes whose first bit is set; this one is not.", nameof(modulus));
        }

        uint effective = exponent == 0 ? DefaultExponent : exponent;
        if (effective < 3 || effective % 2 == 0)
        {
            throw new ArgumentException($"An RSA exponent is odd and at least 3; {exponent} is not.", nameof(exponent));
        }

        Modulus = modulus;
        Exponent = effective;
    }

    /// <summary>Big-endian; its length is the size of signatures and ciphertexts.</summary>
    public byte[] Modulus { get; }

    /// <summary>Never 0.</summary>
    public uint Exponent { get; }
}

/// <summary>A public key on one of the NIST prime curves. The point is checked where it is used.</summary>
public sealed class EccPublic : AsymmetricPublic
{
    /// <param name="curve">P-256, P-384 or P-521.</param>
    /// <param name="x">Big-endian, at most as long as the curve's field.</param>
    /// <param name="y">Big-endian, at most as long as the curve's field.</param>
    public EccPublic(TpmEccCurve curve, byte[] x, byte[] y)
    {
        Curve = curve;
        X = x ?? throw new ArgumentNullException(nameof(x));
        Y = y ?? throw new ArgumentNullException(nameof(y));
    }

    public TpmEccCurve Curve { get; }

    public byte[] X { get; }

    public byte[] Y { get; }
}
