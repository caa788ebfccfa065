using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Approvals;
using TpmMigration.Signatures;

namespace TpmMigration.Tests.Approvals;

/// <summary>Certificates made for a test: ECC P-256, valid from a year ago for ten years unless said otherwise.</summary>
internal static class TestCertificates
{
    internal static X509Certificate2 Make(
        string name, X509Certificate2? issuer = null, bool authority = false, int fromDays = -365, int untilDays = 3650, X509KeyUsageFlags? usage = null,
        int? pathLength = null, string? claimedIssuer = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, pathLength != null, pathLength ?? 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            usage ?? (authority ? X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign : X509KeyUsageFlags.DigitalSignature), true));
        DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(fromDays), until = DateTimeOffset.UtcNow.AddDays(untilDays);
        if (claimedIssuer != null)
        {
            // Names an issuer whose key it was not signed with.
            using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using X509Certificate2 forged = request.Create(new X500DistinguishedName("CN=" + claimedIssuer), X509SignatureGenerator.CreateForECDsa(other), from, until, [9, 9]);
            return forged.CopyWithPrivateKey(key);
        }
        if (issuer == null) return request.CreateSelfSigned(from, until);
        using X509Certificate2 issued = request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuer.GetECDsaPrivateKey()!), from, until, Guid.NewGuid().ToByteArray());
        return issued.CopyWithPrivateKey(key);
    }

    internal static CertificateIdentity Identity(params X509Certificate2[] chain) => new(Array.ConvertAll(chain, c => c.RawData));

    internal static TrustEntry Entry(string name, SignerIdentity signer, TrustRole roles = TrustRole.PackageSigner, bool includesIssued = false) => new()
    {
        Name = name,
        Roles = roles,
        Signer = signer,
        IncludesIssued = includesIssued,
        Registered = new DateTime(2026, 5, 1, 10, 30, 0, DateTimeKind.Utc),
        RegisteredBy = "CORP\\admin",
        Reason = "Contract <17> & \"more\"",
    };
}
