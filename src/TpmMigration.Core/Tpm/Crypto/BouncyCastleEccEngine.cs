using System;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;
using Org.BouncyCastle.Math.EC.Multiplier;

namespace TpmMigration.Tpm;

/// <summary>Managed arithmetic, for .NET Framework, where neither raw key agreement nor, on Mono, any ECC is to be had.</summary>
internal sealed class BouncyCastleEccEngine : IEccEngine
{
    public EccPrivate NewKey(TpmEccCurve curve)
    {
        byte[] scalar = EccCurve.Get(curve).NewScalar(SecretBytes.Fill);
        EccPrivate key = KeyOf(curve, scalar);
        SecretBytes.Clear(scalar);
        return key;
    }

    public EccPrivate KeyOf(TpmEccCurve curve, byte[] scalar)
    {
        ECPoint point = MultiplyGenerator(Parameters(curve), new BigInteger(1, scalar));
        return new EccPrivate(new EccPublic(curve, point.AffineXCoord.GetEncoded(), point.AffineYCoord.GetEncoded()), scalar);
    }

    public byte[] Agree(EccPrivate own, EccPublic other)
    {
        X9ECParameters curve = Parameters(own.PublicKey.Curve);
        BigInteger scalar = new(1, own.Secret);
        if (!MultiplyGenerator(curve, scalar).Equals(Point(curve, own.PublicKey)))
        {
            throw new ArgumentException("The private scalar does not belong to the public half of the key.", nameof(own));
        }

        // A multiple of the order changes the scalar's digits but not the result: the timing of a lasting key tells less.
        byte[] mask = SecretBytes.Random(16);
        ECPoint shared = Point(curve, other).Multiply(scalar.Add(curve.N.Multiply(new BigInteger(1, mask)))).Normalize();
        SecretBytes.Clear(mask);
        return shared.AffineXCoord.GetEncoded();
    }

    public bool Verify(EccPublic key, byte[] digest, byte[] r, byte[] s)
    {
        X9ECParameters curve = Parameters(key.Curve);
        BigInteger message = new(1, digest);
        int excess = (digest.Length * 8) - curve.N.BitLength;
        if (excess > 0)
        {
            message = message.ShiftRight(excess);
        }

        BigInteger first = new(1, r);
        BigInteger inverse = new BigInteger(1, s).ModInverse(curve.N);
        ECPoint sum = ECAlgorithms.SumOfTwoMultiplies(
            curve.G,
            message.Multiply(inverse).Mod(curve.N),
            Point(curve, key),
            first.Multiply(inverse).Mod(curve.N)).Normalize();
        return !sum.IsInfinity && sum.AffineXCoord.ToBigInteger().Mod(curve.N).Equals(first);
    }

    private static ECPoint Point(X9ECParameters curve, EccPublic key) =>
        curve.Curve.CreatePoint(new BigInteger(1, key.X), new BigInteger(1, key.Y));

    private static ECPoint MultiplyGenerator(X9ECParameters curve, BigInteger scalar) =>
        new FixedPointCombMultiplier().Multiply(curve.G, scalar).Normalize();

    private static X9ECParameters Parameters(TpmEccCurve curve) => CustomNamedCurves.GetByName(curve switch
    {
        TpmEccCurve.NistP256 => "secp256r1",
        TpmEccCurve.NistP384 => "secp384r1",
        _ => "secp521r1",
    });
}
