using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Certificates with their keys, made for a test.</summary>
internal static class TestSigner
{
    /// <param name="name">The subject's common name.</param>
    /// <param name="key">An RSA or ECDSA key, still the caller's; null for a new one on P-256.</param>
    /// <param name="fromDays">From when it is valid, in days from now.</param>
    /// <param name="untilDays">Until when.</param>
    internal static X509Certificate2 Make(string name, AsymmetricAlgorithm? key = null, int fromDays = -30, int untilDays = 30)
    {
        using ECDsa own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = (key ?? own) switch
        {
            RSA rsa => new CertificateRequest("CN=" + name, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            ECDsa ecdsa => new CertificateRequest("CN=" + name, ecdsa, HashAlgorithmName.SHA256),
            _ => throw new ArgumentException("RSA or ECDSA.", nameof(key)),
        };
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(fromDays), DateTimeOffset.UtcNow.AddDays(untilDays));
    }
}
