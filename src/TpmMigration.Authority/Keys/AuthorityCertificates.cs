using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TpmMigration.Authority.Keys;

/// <summary>The certificates of a Migration Authority, ECC P-256 and signed by themselves: machines register them by their fingerprints.</summary>
internal static class AuthorityCertificates
{
    private const int SigningYears = 10, TlsYears = 2;

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>It issues identity certificates too, and no other authorities.</summary>
    internal static X509Certificate2 MakeSigning(string name, DateTime utc) =>
        Make(name, utc, SigningYears, new X509BasicConstraintsExtension(true, true, 0, critical: true), X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, _ => { });

    internal static X509Certificate2 MakeTls(string name, IReadOnlyList<string> hosts, DateTime utc) => Make(name, utc, TlsYears, new X509BasicConstraintsExtension(false, false, 0, critical: true), X509KeyUsageFlags.DigitalSignature, request =>
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (string host in hosts)
        {
            if (IPAddress.TryParse(host, out IPAddress? address)) names.AddIpAddress(address);
            else names.AddDnsName(host);
        }
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false));
    });

    /// <summary>The DNS names and addresses in a certificate of TLS.</summary>
    internal static IReadOnlyList<string> HostsOf(X509Certificate2 certificate) => [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
        .SelectMany(names => names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString())))];

    /// <summary>The certificate with its private key, in a form that all platforms serve TLS with.</summary>
    internal static X509Certificate2 Join(byte[] certificate, byte[] pkcs8)
    {
        using ECDsa key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        using X509Certificate2 bare = X509CertificateLoader.LoadCertificate(certificate);
        X509Certificate2 joined = bare.CopyWithPrivateKey(key);
        if (!OperatingSystem.IsWindows()) return joined;
        // Windows serves TLS with keys of a provider only.
        using (joined) return X509CertificateLoader.LoadPkcs12(joined.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    private static X509Certificate2 Make(string name, DateTime utc, int years, X509BasicConstraintsExtension constraints, X509KeyUsageFlags usage, Action<CertificateRequest> add)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(constraints);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        add(request);
        // A day back, since clocks differ.
        return request.CreateSelfSigned(new DateTimeOffset(utc.AddDays(-1), TimeSpan.Zero), new DateTimeOffset(utc.AddYears(years), TimeSpan.Zero));
    }
}
