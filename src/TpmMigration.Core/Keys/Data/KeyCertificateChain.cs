using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.X509;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>The certificate of a key with those of its issuers: found among certificates in DER or PEM, and put in order, the key's first.</summary>
public static class KeyCertificateChain
{
    /// <summary>The chain in PEM, ASCII with line feeds: the key's certificate, its issuers, then what else was given.</summary>
    /// <param name="content">One certificate in DER, or any number in PEM.</param>
    /// <param name="key">The public area of the key.</param>
    /// <exception cref="KeyDataException">It holds no certificate, or none for the key.</exception>
    public static byte[] Normalize(byte[] content, TpmtPublic key)
    {
        List<X509Certificate> rest = Split(content).Select(Parse).ToList();
        X509Certificate leaf = rest.Find(certificate => IsFor(certificate, key))
            ?? throw new KeyDataException(KeyDataFault.CertificateForAnotherKey, $"None of the {rest.Count} certificates is for this key; the first is for '{rest[0].SubjectDN}'. Give the certificate that was issued for the key's public part.");
        var chain = new List<X509Certificate>();
        for (X509Certificate? next = leaf; next != null; next = rest.Find(c => c.SubjectDN.Equivalent(chain[chain.Count - 1].IssuerDN, true)))
        {
            rest.Remove(next);
            chain.Add(next);
        }
        return ToPem(chain.Concat(rest).Select(certificate => certificate.GetEncoded()));
    }

    /// <summary>Certificates in DER as PEM, ASCII with line feeds, in their order.</summary>
    internal static byte[] ToPem(IEnumerable<byte[]> certificates) =>
        Encoding.ASCII.GetBytes(string.Concat(certificates.Select(CertificateText.ToPem)));

    private static IReadOnlyList<byte[]> Split(byte[] content)
    {
        try
        {
            return CertificateText.Split(content);
        }
        catch (FormatException e)
        {
            throw NotValid(e);
        }
    }

    private static X509Certificate Parse(byte[] der)
    {
        try
        {
            X509Certificate? certificate = new X509CertificateParser().ReadCertificate(der);
            return certificate != null && SecretBytes.FixedTimeEquals(certificate.GetEncoded(), der) ? certificate : throw NotValid(null);
        }
        catch (Exception e) when (MalformedInput.Causes(e))
        {
            throw NotValid(e);
        }
    }

    private static bool IsFor(X509Certificate certificate, TpmtPublic key)
    {
        AsymmetricKeyParameter certified;
        try
        {
            certified = certificate.GetPublicKey();
        }
        catch (Exception e) when (MalformedInput.Causes(e))
        {
            return false; // A key of a kind that no TPM has: not this one.
        }
        return (certified, key.ToAsymmetric()) switch
        {
            (RsaKeyParameters rsa, RsaPublic own) => rsa.Modulus.Equals(Number(own.Modulus)) && rsa.Exponent.Equals(BigInteger.ValueOf(own.Exponent)),
            (ECPublicKeyParameters ecc, EccPublic own) => ecc.PublicKeyParamSet?.Id == CurveId(own.Curve)
                && ecc.Q.Normalize() is var point && point.AffineXCoord.ToBigInteger().Equals(Number(own.X)) && point.AffineYCoord.ToBigInteger().Equals(Number(own.Y)),
            _ => false,
        };
    }

    private static string CurveId(TpmEccCurve curve) => curve switch
    {
        TpmEccCurve.NistP256 => "1.2.840.10045.3.1.7",
        TpmEccCurve.NistP384 => "1.3.132.0.34",
        _ => "1.3.132.0.35",
    };

    private static BigInteger Number(byte[] bytes) => new(1, bytes);

    private static KeyDataException NotValid(Exception? cause) => new(
        KeyDataFault.NotValid, "The data is no X.509 certificate, in DER or in PEM. Give the certificate as the certification authority issued it.", cause);
}
