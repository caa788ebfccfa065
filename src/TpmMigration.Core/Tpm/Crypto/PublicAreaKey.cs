using System;

namespace TpmMigration.Tpm;

/// <summary>What software does with the key in a public area.</summary>
public static class PublicAreaKey
{
    /// <summary>The numbers of an RSA or ECC public area.</summary>
    /// <exception cref="TpmWireException">It is of another type, or its numbers make no key.</exception>
    public static AsymmetricPublic ToAsymmetric(this TpmtPublic publicArea)
    {
        try
        {
            return publicArea switch
            {
                { Parameters: TpmsRsaParms rsa } => new RsaPublic(publicArea.Unique, rsa.Exponent),
                { Parameters: TpmsEccParms ecc, Point: { } point } => new EccPublic(ecc.CurveId, point.X, point.Y),
                _ => throw new TpmWireException($"A public area of type {publicArea.Type} holds no asymmetric key."),
            };
        }
        catch (ArgumentException e)
        {
            throw new TpmWireException("The public area holds no usable key. " + e.Message, e);
        }
    }

    /// <summary>
    /// The hash with which secrets are shared with this key: its name algorithm, or the hash of its OAEP scheme if it is an
    /// RSA key that has one. TPM 2.0 Part 1, B.10.
    /// </summary>
    public static TpmAlgId SharingHash(this TpmtPublic publicArea) =>
        publicArea.Parameters is TpmsRsaParms { Scheme.Scheme: TpmAlgId.Oaep } rsa ? rsa.Scheme.HashAlg : publicArea.NameAlg;

    /// <summary>Shares a secret with the holder of this key; see <see cref="SecretSharing"/>.</summary>
    /// <exception cref="TpmWireException">The public area holds no asymmetric key, or one to which nothing can be encrypted.</exception>
    /// <exception cref="UnsupportedAlgorithmException">The hash or the curve is not supported.</exception>
    public static SharedSecret ShareSecret(this TpmtPublic publicArea, TpmAlgId hash, string label)
    {
        AsymmetricPublic key = publicArea.ToAsymmetric();
        try
        {
            return SecretSharing.Encapsulate(key, hash, label);
        }
        catch (ArgumentException e)
        {
            throw new TpmWireException("Nothing can be encrypted to the key in the public area. " + e.Message, e);
        }
    }

    /// <summary>Verifies a signature of this key over a digest.</summary>
    /// <exception cref="TpmWireException">The public area holds no asymmetric key.</exception>
    /// <exception cref="UnsupportedAlgorithmException">The scheme is none of RSASSA, RSAPSS and ECDSA.</exception>
    public static bool Verifies(this TpmtPublic publicArea, byte[] digest, TpmtSignature signature) => (publicArea.ToAsymmetric(), signature.SigAlg) switch
    {
        (RsaPublic rsa, TpmAlgId.RsaSsa) => SignatureCheck.RsaSsa(rsa, signature.Hash, digest, signature.R),
        (RsaPublic rsa, TpmAlgId.RsaPss) => SignatureCheck.RsaPss(rsa, signature.Hash, digest, signature.R),
        (EccPublic ecc, TpmAlgId.EcDsa) when signature.S != null => SignatureCheck.EcDsa(ecc, digest, signature.R, signature.S),
        _ => throw new UnsupportedAlgorithmException($"A signature of scheme {signature.SigAlg} by a key of type {publicArea.Type} cannot be verified."),
    };
}
