using System;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Keys;

/// <summary>
/// Issues identity certificates: that an attestation key is in the TPM of an endorsement key, which whoever trusts the Migration Authority need not
/// have proved anew. TCG Infrastructure Working Group, Credential Profiles for TPM 2.0.
/// </summary>
/// <param name="issuer">The signing certificate, with its private key.</param>
internal sealed class IdentityIssuer(X509Certificate2 issuer)
{
    private const int Days = 90, SerialSize = 16;

    private const string AttestationIdentityKey = "2.23.133.8.3";

    /// <summary>Issues a certificate.</summary>
    /// <param name="attestationKey">RSA or ECC, as <see cref="Clients.EndorsementCheck"/> lets in.</param>
    /// <param name="client">TPM name of the endorsement key; in the subject's alternative name as urn:tpm-migration:client:hexadecimal.</param>
    /// <param name="utc">Now.</param>
    /// <returns>DER.</returns>
    internal byte[] Issue(TpmtPublic attestationKey, byte[] client, DateTime utc)
    {
        using AsymmetricAlgorithm key = KeyOf(attestationKey);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName("TPM attestation key");
        var request = new CertificateRequest(subject.Build(), new PublicKey(key), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(AttestationIdentityKey)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("urn:tpm-migration:client:" + Hex.Format(client)));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        byte[] serial = SecretBytes.Random(SerialSize);
        serial[0] &= 0x7F; // A serial number is positive.
        DateTimeOffset from = new(utc.AddDays(-1), TimeSpan.Zero), until = new(utc.AddDays(Days), TimeSpan.Zero);
        using X509Certificate2 issued = request.Create(issuer, from < issuer.NotBefore ? issuer.NotBefore : from, until > issuer.NotAfter ? issuer.NotAfter : until, serial);
        return issued.RawData;
    }

    private static AsymmetricAlgorithm KeyOf(TpmtPublic area)
    {
        switch (area.ToAsymmetric())
        {
            case RsaPublic rsa:
                return RSA.Create(new RSAParameters { Modulus = rsa.Modulus, Exponent = new BigInteger(rsa.Exponent).ToByteArray(isUnsigned: true, isBigEndian: true) });
            case EccPublic ecc:
                return ECDsa.Create(new ECParameters
                {
                    Curve = ecc.Curve == TpmEccCurve.NistP384 ? ECCurve.NamedCurves.nistP384 : ECCurve.NamedCurves.nistP256,
                    Q = new ECPoint { X = ecc.X, Y = ecc.Y },
                });
            default:
                throw new ArgumentException("An attestation key is RSA or ECC.", nameof(area));
        }
    }
}
