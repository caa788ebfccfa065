using System;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;

namespace TpmMigration.Tpm;

/// <summary>One-pass ECDH with KDFe. TPM 2.0 Part 1, C.6.1 to C.6.3.</summary>
internal static class EccSecretSharing
{
    public static SharedSecret Encapsulate(EccPublic key, TpmAlgId hash, string label, Action<byte[]> random)
    {
        EccDomain domain = EccDomain.Get(key.Curve);
        ECPoint receiver = domain.TryPoint(key.X, key.Y) ??
            throw new ArgumentException($"The public key is no point of the curve {key.Curve}; refuse this key.", nameof(key));
        BigInteger scalar = domain.NewScalar(random);
        ECPoint ephemeral = domain.MultiplyGenerator(scalar);

        // The generator's multiples are computed in constant time and the scalar is used once more only, so no blinding here.
        byte[] z = domain.X(receiver.Multiply(scalar));
        byte[] secret = Derive(hash, z, label, domain.X(ephemeral), domain.X(receiver));
        return new SharedSecret(secret, SizedBytes.Join(domain.X(ephemeral), domain.Y(ephemeral)));
    }

    public static byte[] Decapsulate(EccPrivate key, TpmAlgId hash, string label, byte[] encryptedSecret)
    {
        EccDomain domain = EccDomain.Get(key.PublicKey.Curve);
        BigInteger scalar = new(1, key.Secret);
        ECPoint own = domain.TryPoint(key.PublicKey.X, key.PublicKey.Y) ??
            throw new ArgumentException("The public half of the key is no point of its curve.", nameof(key));
        if (!domain.IsScalar(scalar) || !domain.MultiplyGenerator(scalar).Equals(own))
        {
            throw new ArgumentException("The private scalar does not belong to the public half of the key.", nameof(key));
        }

        byte[][]? coordinates = SizedBytes.TrySplit(encryptedSecret, 2);
        ECPoint? ephemeral = coordinates is null ? null : domain.TryPoint(coordinates[0], coordinates[1]);
        if (ephemeral is null)
        {
            throw new SecretSharingException(
                "The encrypted seed is no point of the receiving key's curve: it was made for another key or altered.");
        }

        byte[] z = domain.X(domain.MultiplyBlinded(ephemeral, scalar));
        return Derive(hash, z, label, domain.X(ephemeral), domain.X(own));
    }

    private static byte[] Derive(TpmAlgId hash, byte[] z, string label, byte[] ephemeralX, byte[] receiverX)
    {
        byte[] secret = Kdf.KdfE(hash, z, label, ephemeralX, receiverX, TpmHash.Size(hash) * 8);
        SecretBytes.Clear(z);
        return secret;
    }
}
