using System;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.X509;
using TpmMigration.Tpm;

namespace TpmMigration.Signatures;

/// <summary>The keys that may sign documents, out of certificates. RFC 5280, 4.1.</summary>
internal static class CertificateKey
{
    private const int LeastRsaBytes = 2048 / 8;

    /// <param name="der">One certificate in DER.</param>
    /// <exception cref="SignatureException">It is no certificate, or its key may not sign.</exception>
    internal static (X509Certificate Certificate, AsymmetricPublic Key) Read(byte[] der)
    {
        try
        {
            // A parser of its own for one certificate: anything behind it, and PEM, is refused by the comparison.
            X509Certificate certificate = new X509CertificateParser().ReadCertificate(der)
                ?? throw new SignatureException(SignatureFault.Key, "The signer's certificate is empty.");
            if (!SecretBytes.FixedTimeEquals(certificate.GetEncoded(), der))
                throw new SignatureException(SignatureFault.Key, "The signer's certificate is not in DER, or something follows it.");
            // Read once here, where they may fail, since they are asked for later.
            _ = certificate.GetKeyUsage();
            _ = certificate.GetBasicConstraints();
            return (certificate, Of(certificate.GetPublicKey()));
        }
        catch (Exception e) when (MalformedInput.Causes(e))
        {
            throw new SignatureException(SignatureFault.Key, "The signer's certificate cannot be read.", e);
        }
    }

    /// <summary>The numbers of a public key, if it may sign.</summary>
    /// <exception cref="SignatureException">It is neither RSA nor ECC, too short, or on a curve that is not allowed.</exception>
    internal static AsymmetricPublic Of(AsymmetricKeyParameter key) => Checked(Key(key));

    /// <summary>The key itself, if it may sign.</summary>
    /// <exception cref="SignatureException">It is too short, or on a curve that is not allowed.</exception>
    internal static AsymmetricPublic Checked(AsymmetricPublic key) => key switch
    {
        RsaPublic rsa when rsa.Modulus.Length >= LeastRsaBytes => key,
        EccPublic { Curve: TpmEccCurve.NistP256 or TpmEccCurve.NistP384 } => key,
        _ => throw new SignatureException(SignatureFault.Key, "The signer's key is neither RSA from 2048 bits nor ECC P-256 or P-384."),
    };

    private static AsymmetricPublic Key(AsymmetricKeyParameter key) => key switch
    {
        RsaKeyParameters { Exponent.BitLength: <= 32 } rsa => new RsaPublic(rsa.Modulus.ToByteArrayUnsigned(), (uint)rsa.Exponent.LongValue),
        ECPublicKeyParameters ecc => Point(ecc),
        _ => throw new SignatureException(SignatureFault.Key, "The signer's certificate is for a key that is neither RSA nor ECC."),
    };

    private static EccPublic Point(ECPublicKeyParameters key)
    {
        Org.BouncyCastle.Math.EC.ECPoint point = key.Q.Normalize();
        TpmEccCurve curve = key.PublicKeyParamSet?.Id switch
        {
            "1.2.840.10045.3.1.7" => TpmEccCurve.NistP256,
            "1.3.132.0.34" => TpmEccCurve.NistP384,
            _ => throw new SignatureException(SignatureFault.Key, "The signer's key is on a curve other than P-256 and P-384."),
        };
        return new EccPublic(curve, point.AffineXCoord.GetEncoded(), point.AffineYCoord.GetEncoded());
    }
}
