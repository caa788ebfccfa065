#if NET
using System;
using System.Security.Cryptography;

namespace TpmMigration.Tpm;

/// <summary>OpenSSL or CNG, as .NET exposes them.</summary>
internal sealed class PlatformEccEngine : IEccEngine
{
    public EccPrivate NewKey(TpmEccCurve curve)
    {
        using ECDiffieHellman key = ECDiffieHellman.Create(Named(curve));
        return Export(curve, key);
    }

    public EccPrivate KeyOf(TpmEccCurve curve, byte[] scalar)
    {
        using ECDiffieHellman key = ECDiffieHellman.Create(new ECParameters { Curve = Named(curve), D = scalar });
        return Export(curve, key);
    }

    public byte[] Agree(EccPrivate own, EccPublic other)
    {
        ECParameters parameters = Public(own.PublicKey);
        parameters.D = own.Secret;
        ECDiffieHellman key;
        try
        {
            key = ECDiffieHellman.Create(parameters);
        }
        catch (CryptographicException e)
        {
            throw new ArgumentException("The private scalar does not belong to the public half of the key.", nameof(own), e);
        }

        using (key)
        using (ECDiffieHellman peer = ECDiffieHellman.Create(Public(other)))
        using (ECDiffieHellmanPublicKey peerKey = peer.PublicKey)
        {
            return key.DeriveRawSecretAgreement(peerKey);
        }
    }

    public bool Verify(EccPublic key, byte[] digest, byte[] r, byte[] s)
    {
        using ECDsa ecdsa = ECDsa.Create(Public(key));
        byte[] signature = [.. r, .. s];
        return ecdsa.VerifyHash(digest, signature);
    }

    private static EccPrivate Export(TpmEccCurve curve, ECDiffieHellman key)
    {
        ECParameters parameters = key.ExportParameters(true);
        EccPrivate result = new(new EccPublic(curve, parameters.Q.X!, parameters.Q.Y!), parameters.D!);
        SecretBytes.Clear(parameters.D);
        return result;
    }

    private static ECParameters Public(EccPublic key) => new()
    {
        Curve = Named(key.Curve),
        Q = new ECPoint { X = key.X, Y = key.Y },
    };

    private static ECCurve Named(TpmEccCurve curve) => curve switch
    {
        TpmEccCurve.NistP256 => ECCurve.NamedCurves.nistP256,
        TpmEccCurve.NistP384 => ECCurve.NamedCurves.nistP384,
        _ => ECCurve.NamedCurves.nistP521,
    };
}
#endif
