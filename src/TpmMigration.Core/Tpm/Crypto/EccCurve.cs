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
        "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF",
        "5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B",
        "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");

    private static readonly EccCurve P384 = new(
        384,
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFF",
        "B3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF",
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973");

    private static readonly EccCurve P521 = new(
        521,
        "01FF" + "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" + "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
        "0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00",
        "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409");

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
