using System;
using System.Numerics;

namespace TpmMigration.Tpm;

/// <summary>
/// The numbers of a NIST prime curve y² = x³ - 3x + b over the integers modulo p, with n points. SP 800-186, 3.2.1.
/// All three have cofactor 1, so every point but infinity is of order n.
/// </summary>
internal sealed class EccCurve
{
    private static readonly EccCurve P256 = new(
        256,
        "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

    private static readonly EccCurve P384 = new(
        384,
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
        "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973");

    private static readonly EccCurve P521 = new(
        521,
        "01ff" + "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" + "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
        "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409");

    private readonly int _bits;
    private readonly BigInteger _prime;
    private readonly BigInteger _b;
    private readonly BigInteger _order;

    private EccCurve(int bits, string prime, string b, string order)
    {
        _bits = bits;
        _prime = Number(prime);
        _b = Number(b);
        _order = Number(order);
    }

    /// <summary>Size of a coordinate and of a scalar in bytes.</summary>
    public int Size => (_bits + 7) / 8;

    /// <exception cref="UnsupportedAlgorithmException">The curve is none of P-256, P-384 and P-521.</exception>
    public static EccCurve Get(TpmEccCurve curve) => curve switch
    {
        TpmEccCurve.NistP256 => P256,
        TpmEccCurve.NistP384 => P384,
        TpmEccCurve.NistP521 => P521,
        _ => throw new UnsupportedAlgorithmException(
            $"Curve {curve} (0x{(ushort)curve:X4}) is not supported; use NIST P-256, P-384 or P-521."),
    };

    /// <summary>Whether these are coordinates of a point: below p, no longer than the field, and on the curve. Infinity has none.</summary>
    public bool Holds(EccPublic point)
    {
        if (point.X.Length > Size || point.Y.Length > Size)
        {
            return false;
        }

        BigInteger x = BigEndian.Read(point.X);
        BigInteger y = BigEndian.Read(point.Y);
        return x < _prime && y < _prime && ((y * y) - (((x * x) - 3) * x) - _b) % _prime == 0;
    }

    /// <summary>Whether the number lies between 1 and the order less 1.</summary>
    public bool IsScalar(byte[] value)
    {
        BigInteger number = BigEndian.Read(value);
        return !number.IsZero && number < _order;
    }

    /// <summary>A scalar between 1 and the order less 1, all equally likely; as many bytes as the field.</summary>
    public byte[] NewScalar(Action<byte[]> random)
    {
        byte[] scalar = new byte[Size];
        do
        {
            random(scalar);
            scalar[0] &= (byte)(0xFF >> ((Size * 8) - _bits));
        }
        while (!IsScalar(scalar));

        return scalar;
    }

    private static BigInteger Number(string digits) => BigEndian.Read(Hex.TryParse(digits)!);
}
