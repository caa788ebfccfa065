using System;
using System.Collections.Concurrent;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;
using Org.BouncyCastle.Math.EC.Multiplier;

namespace TpmMigration.Tpm;

/// <summary>One NIST prime curve (all of cofactor 1): points, scalars, and coordinates in the form TPMs exchange.</summary>
internal sealed class EccDomain
{
    private static readonly ConcurrentDictionary<TpmEccCurve, EccDomain> Known = new();

    private readonly X9ECParameters _parameters;

    private EccDomain(X9ECParameters parameters)
    {
        _parameters = parameters;
        FieldSize = (parameters.Curve.FieldSize + 7) / 8;
    }

    /// <summary>Size of a coordinate in bytes.</summary>
    public int FieldSize { get; }

    public BigInteger Order => _parameters.N;

    public ECPoint Generator => _parameters.G;

    /// <exception cref="UnsupportedAlgorithmException">The curve is none of P-256, P-384 and P-521.</exception>
    public static EccDomain Get(TpmEccCurve curve) => Known.GetOrAdd(curve, static id => new EccDomain(CustomNamedCurves.GetByName(id switch
    {
        TpmEccCurve.NistP256 => "secp256r1",
        TpmEccCurve.NistP384 => "secp384r1",
        TpmEccCurve.NistP521 => "secp521r1",
        _ => throw new UnsupportedAlgorithmException(
            $"Curve {id} (0x{(ushort)id:X4}) is not supported; use NIST P-256, P-384 or P-521."),
    })));

    /// <summary>The point with these coordinates, or null if it is not on the curve, or they are longer than the field.</summary>
    public ECPoint? TryPoint(byte[] x, byte[] y)
    {
        BigInteger prime = _parameters.Curve.Field.Characteristic;
        if (x.Length > FieldSize || y.Length > FieldSize)
        {
            return null;
        }

        BigInteger affineX = new(1, x);
        BigInteger affineY = new(1, y);
        if (affineX.CompareTo(prime) >= 0 || affineY.CompareTo(prime) >= 0)
        {
            return null;
        }

        // Affine coordinates cannot express infinity, and with cofactor 1 every point of the curve is of the right order.
        ECPoint point = _parameters.Curve.CreatePoint(affineX, affineY);
        return point.IsValid() ? point : null;
    }

    public bool IsScalar(BigInteger value) => value.SignValue > 0 && value.CompareTo(Order) < 0;

    /// <summary>A scalar between 1 and the order less 1, all equally likely.</summary>
    public BigInteger NewScalar(Action<byte[]> random)
    {
        byte[] bytes = new byte[(Order.BitLength + 7) / 8];
        int excess = (bytes.Length * 8) - Order.BitLength;
        BigInteger scalar;
        do
        {
            random(bytes);
            bytes[0] &= (byte)(0xFF >> excess);
            scalar = new BigInteger(1, bytes);
        }
        while (!IsScalar(scalar));

        SecretBytes.Clear(bytes);
        return scalar;
    }

    public ECPoint MultiplyGenerator(BigInteger scalar) =>
        new FixedPointCombMultiplier().Multiply(_parameters.G, scalar).Normalize();

    /// <summary>The scalar's multiple of the point, by a randomized representation of the scalar: a lasting key's timing tells less.</summary>
    public ECPoint MultiplyBlinded(ECPoint point, BigInteger scalar)
    {
        byte[] mask = SecretBytes.Random(16);
        ECPoint product = point.Multiply(scalar.Add(Order.Multiply(new BigInteger(1, mask))));
        SecretBytes.Clear(mask);
        return product;
    }

    public byte[] X(ECPoint point) => Coordinate(point.Normalize().AffineXCoord);

    public byte[] Y(ECPoint point) => Coordinate(point.Normalize().AffineYCoord);

    private byte[] Coordinate(ECFieldElement element)
    {
        byte[] bytes = element.GetEncoded();
        return bytes.Length == FieldSize ? bytes : [.. new byte[FieldSize - bytes.Length], .. bytes];
    }
}
