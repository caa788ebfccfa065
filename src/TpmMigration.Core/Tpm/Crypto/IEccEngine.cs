namespace TpmMigration.Tpm;

/// <summary>
/// Arithmetic on NIST curves. Callers have checked that points are on the curve and scalars in range; coordinates, scalars
/// and results are as long as the field.
/// </summary>
internal interface IEccEngine
{
    /// <summary>A fresh key pair.</summary>
    EccPrivate NewKey(TpmEccCurve curve);

    /// <summary>The key pair of a scalar.</summary>
    EccPrivate KeyOf(TpmEccCurve curve, byte[] scalar);

    /// <summary>The x-coordinate of the point both parties can compute.</summary>
    /// <exception cref="System.ArgumentException">The scalar does not belong to the public half of the key.</exception>
    byte[] Agree(EccPrivate own, EccPublic other);

    /// <summary>ECDSA verification.</summary>
    bool Verify(EccPublic key, byte[] digest, byte[] r, byte[] s);
}
