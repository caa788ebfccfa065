using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Approvals;

/// <summary>Plays a manufacturer that issues endorsement certificates for whatever key it is shown.</summary>
internal sealed class EndorsementAuthority(string name = "Manufacturer") : IDisposable
{
    internal const string ForEndorsementKeys = "2.23.133.8.1";

    private readonly X509Certificate2 _root = TestCertificates.Make(name, authority: true);

    internal byte[] Root => _root.RawData;

    /// <param name="key">An RSA or ECC key.</param>
    /// <param name="usage">The extended key usage; null for none.</param>
    /// <param name="oaep">Whether the certificate names RSAES-OAEP as the algorithm of the key, as those of some manufacturers do.</param>
    internal byte[] Issue(AsymmetricPublic key, string? usage = ForEndorsementKeys, bool oaep = false)
    {
        var request = new CertificateRequest(new X500DistinguishedName("CN=TPM"), oaep ? Oaep(PublicKeyOf(key)) : PublicKeyOf(key), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        if (usage != null) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        using ECDsa signer = _root.GetECDsaPrivateKey()!;
        using X509Certificate2 issued = request.Create(
            _root.SubjectName, X509SignatureGenerator.CreateForECDsa(signer), DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1), Guid.NewGuid().ToByteArray());
        return issued.RawData;
    }

    public void Dispose() => _root.Dispose();

    private static PublicKey PublicKeyOf(AsymmetricPublic key)
    {
        if (key is RsaPublic rsa)
        {
            using var numbers = RSA.Create(new RSAParameters { Modulus = rsa.Modulus, Exponent = [1, 0, 1] });
            return new PublicKey(numbers);
        }
        var ecc = (EccPublic)key;
        ECCurve curve = ecc.Curve switch
        {
            TpmEccCurve.NistP256 => ECCurve.NamedCurves.nistP256,
            TpmEccCurve.NistP384 => ECCurve.NamedCurves.nistP384,
            _ => ECCurve.NamedCurves.nistP521,
        };
        using var point = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = ecc.X, Y = ecc.Y } });
        return new PublicKey(point);
    }

    private static PublicKey Oaep(PublicKey key) => new(new Oid("1.2.840.113549.1.1.7"), new AsnEncodedData([0x30, 0x00]), key.EncodedKeyValue);
}
