using System;

namespace TpmMigration.Tpm;

/// <summary>One-pass ECDH with KDFe. TPM 2.0 Part 1, C.6.1 to C.6.3.</summary>
internal static class EccSecretSharing
{
    /// <param name="key">The receiver's public key.</param>
    /// <param name="hash">The receiver's name algorithm.</param>
    /// <param name="label">The purpose.</param>
    /// <param name="random">Where the ephemeral scalar comes from, or null for the engine's own choice.</param>
    /// <param name="engine">The arithmetic.</param>
    public static SharedSecret Encapsulate(EccPublic key, TpmAlgId hash, string label, Action<byte[]>? random, IEccEngine engine)
    {
        EccPublic receiver = Checked(key) ??
            throw new ArgumentException($"The public key is no point of the curve {key.Curve}; refuse this key.", nameof(key));
        using EccPrivate ephemeral = NewKey(receiver.Curve, random, engine);
        byte[] secret = Derive(engine.Agree(ephemeral, receiver), hash, label, ephemeral.PublicKey, receiver);
        return new SharedSecret(secret, SizedBytes.Join(ephemeral.PublicKey.X, ephemeral.PublicKey.Y));
    }

    /// <param name="key">The receiver's private key.</param>
    /// <param name="hash">The receiver's name algorithm.</param>
    /// <param name="label">The purpose.</param>
    /// <param name="encryptedSecret">A marshalled TPMS_ECC_POINT.</param>
    /// <param name="engine">The arithmetic.</param>
    public static byte[] Decapsulate(EccPrivate key, TpmAlgId hash, string label, byte[] encryptedSecret, IEccEngine engine)
    {
        EccCurve curve = EccCurve.Get(key.PublicKey.Curve);
        EccPublic receiver = Checked(key.PublicKey) ??
            throw new ArgumentException("The public half of the key is no point of its curve.", nameof(key));
        if (key.Secret.Length > curve.Size || !curve.IsScalar(key.Secret))
        {
            throw new ArgumentException("The private scalar is out of range for its curve.", nameof(key));
        }

        byte[][]? coordinates = SizedBytes.TrySplit(encryptedSecret, 2);
        EccPublic? sender = coordinates is null ? null : Checked(new EccPublic(receiver.Curve, coordinates[0], coordinates[1]));
        if (sender is null)
        {
            throw new SecretSharingException(
                "The encrypted seed is no point of the receiving key's curve: it was made for another key or altered.");
        }

        // As it is, the engine keeps what it makes of the key.
        if (IsPadded(key, curve.Size)) return Derive(engine.Agree(key, sender), hash, label, sender, receiver);
        byte[] scalar = BigEndian.Pad(key.Secret, curve.Size);
        using EccPrivate own = new(receiver, scalar);
        SecretBytes.Clear(scalar);
        return Derive(engine.Agree(own, sender), hash, label, sender, receiver);
    }

    /// <summary>The same point with coordinates as long as the field, or null if it is not on its curve.</summary>
    public static EccPublic? Checked(EccPublic key)
    {
        EccCurve curve = EccCurve.Get(key.Curve);
        return curve.Holds(key)
            ? new EccPublic(key.Curve, BigEndian.Pad(key.X, curve.Size), BigEndian.Pad(key.Y, curve.Size))
            : null;
    }

    private static bool IsPadded(EccPrivate key, int size) => key.Secret.Length == size && key.PublicKey.X.Length == size && key.PublicKey.Y.Length == size;

    private static EccPrivate NewKey(TpmEccCurve curve, Action<byte[]>? random, IEccEngine engine)
    {
        if (random is null)
        {
            return engine.NewKey(curve);
        }

        byte[] scalar = EccCurve.Get(curve).NewScalar(random);
        EccPrivate key = engine.KeyOf(curve, scalar);
        SecretBytes.Clear(scalar);
        return key;
    }

    private static byte[] Derive(byte[] z, TpmAlgId hash, string label, EccPublic ephemeral, EccPublic receiver)
    {
        byte[] secret = Kdf.KdfE(hash, z, label, ephemeral.X, receiver.X, TpmHash.Size(hash) * 8);
        SecretBytes.Clear(z);
        return secret;
    }
}
