using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Keys.Data;

/// <summary>A certification authority that issues certificates for public areas.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestCertificates()
    {
        var request = new CertificateRequest("CN=Test CA", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
    }

    public X509Certificate2 Root { get; }

    public byte[] IssueFor(StoredKey key, string host = "gateway")
    {
        TpmtPublic area = key.PublicArea();
        PublicKey publicKey;
        if (area.Point is { } point)
        {
            ECCurve curve = area.Parameters is TpmsEccParms { CurveId: TpmEccCurve.NistP384 } ? ECCurve.NamedCurves.nistP384 : ECCurve.NamedCurves.nistP256;
            using var ecc = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = point.X, Y = point.Y } });
            publicKey = new PublicKey(ecc);
        }
        else
        {
            using var rsa = RSA.Create(new RSAParameters { Modulus = area.Unique, Exponent = [1, 0, 1] });
            publicKey = new PublicKey(rsa);
        }
        var request = new CertificateRequest(new X500DistinguishedName("CN=" + host), publicKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(
            Root.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(10), SecretBytes.Random(8));
        return certificate.RawData;
    }

    public void Dispose()
    {
        Root.Dispose();
        _key.Dispose();
    }
}
