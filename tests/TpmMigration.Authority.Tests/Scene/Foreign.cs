using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Authority.Scene;

/// <summary>Somebody with a key and a certificate of their own, whom nobody knows.</summary>
internal sealed class Foreign : IDocumentSigner
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    internal Foreign() => Identity = new CertificateIdentity([Certificate(_key)]);

    public SignerIdentity Identity { get; }

    public byte[] Sign(byte[] digest) => _key.SignHash(digest);

    public void Dispose() => _key.Dispose();

    /// <summary>A public area with another policy.</summary>
    internal static TpmtPublic WithPolicy(TpmtPublic key, byte[] policy) => new()
    {
        NameAlg = key.NameAlg,
        ObjectAttributes = key.ObjectAttributes,
        AuthPolicy = policy,
        Parameters = key.Parameters,
        Unique = key.Unique,
        Point = key.Point,
    };

    internal static byte[] Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Certificate(key);
    }

    private static byte[] Certificate(ECDsa key)
    {
        using X509Certificate2 certificate = new CertificateRequest("CN=Somebody", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        return certificate.RawData;
    }
}
