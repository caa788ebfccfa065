using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>Signs with a certificate of the operating system's stores, or a certificate object; keys that cannot be exported serve as well.</summary>
public static class CertificateStoreSigner
{
    private static readonly Regex Thumbprint = new("^[0-9A-Fa-f]{40}$", RegexOptions.CultureInvariant);

    private static readonly Regex StorePath = new(
        @"^Cert:[\\/]+(?<location>CurrentUser|LocalMachine)[\\/](?<store>[^\\/]+)[\\/](?<thumbprint>[0-9A-Fa-f]{40})$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);

    /// <summary>Whether a text is a thumbprint (40 hexadecimal digits) or a path of the form Cert:\CurrentUser\My\thumbprint.</summary>
    public static bool IsAddress(string text) => Thumbprint.IsMatch(text) || text.StartsWith("Cert:", StringComparison.OrdinalIgnoreCase);

    /// <param name="address">See <see cref="IsAddress"/>; a thumbprint is looked for in the personal stores of user and machine.</param>
    /// <exception cref="SignerException">There is no such certificate, or it cannot sign.</exception>
    public static CertificateSigner Open(string address)
    {
        if (Thumbprint.IsMatch(address))
            return Open(address, [(StoreLocation.CurrentUser, "My"), (StoreLocation.LocalMachine, "My")], address);
        Match match = StorePath.Match(address);
        if (!match.Success)
            throw new SignerException(SignerFault.Address, $"'{address}' is no path of a certificate. It has the form Cert:\\CurrentUser\\My\\thumbprint, with a thumbprint of 40 hexadecimal digits.");
        var location = (StoreLocation)Enum.Parse(typeof(StoreLocation), match.Groups["location"].Value, ignoreCase: true);
        return Open(match.Groups["thumbprint"].Value, [(location, match.Groups["store"].Value)], address);
    }

    /// <summary>Signs with a certificate object, of which the signer holds a copy.</summary>
    /// <exception cref="SignerException">It has no private key, or cannot sign.</exception>
    public static CertificateSigner Open(X509Certificate2 certificate)
    {
        AsymmetricAlgorithm? key;
        try
        {
            key = certificate.HasPrivateKey ? (AsymmetricAlgorithm?)certificate.GetRSAPrivateKey() ?? certificate.GetECDsaPrivateKey() : null;
        }
        catch (CryptographicException e)
        {
            throw new SignerException(SignerFault.NoPrivateKey, $"The private key of the certificate '{certificate.Subject}' cannot be opened: {e.Message} Run as a user who may use it.", e);
        }
        if (key == null)
            throw new SignerException(SignerFault.NoPrivateKey, $"The certificate '{certificate.Subject}' has no private key of RSA or ECC here.");
        using var chain = new CertificateChain(certificate, []);
        List<byte[]> certificates = chain.UpTo(chain.IndexOf(chain.Last.RawData)).Select(c => c.RawData).ToList();
        return new CertificateSigner(certificates, new PlatformCertificateKey(key, certificate));
    }

    private static CertificateSigner Open(string thumbprint, IEnumerable<(StoreLocation Location, string Store)> places, string address)
    {
        var found = new List<X509Certificate2>();
        try
        {
            foreach ((StoreLocation location, string name) in places) found.AddRange(Find(thumbprint, location, name));
            if (found.Count == 0)
                throw new SignerException(SignerFault.NotFound, $"There is no certificate '{address}'. See Get-ChildItem Cert:\\ -Recurse.");
            return Open(found.Find(c => c.HasPrivateKey) ?? found[0]);
        }
        finally
        {
            found.ForEach(c => c.Dispose());
        }
    }

    private static X509Certificate2[] Find(string thumbprint, StoreLocation location, string name)
    {
        using var store = new X509Store(name, location);
        try
        {
            store.Open(OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            return []; // A store that does not exist holds nothing.
        }
        return store.Certificates.Find(X509FindType.FindByThumbprint, thumbprint, validOnly: false).Cast<X509Certificate2>().ToArray();
    }

    private sealed class PlatformCertificateKey(AsymmetricAlgorithm key, X509Certificate2 certificate) : ICertificateKey
    {
        // The signer's own, since who opened it may close the other.
        private readonly X509Certificate2 _certificate = new(certificate);

        public byte[] Sign(byte[] digest)
        {
            try
            {
                return key is RSA rsa ? rsa.SignHash(digest, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) : ((ECDsa)key).SignHash(digest);
            }
            catch (CryptographicException e)
            {
                throw new SignerException(SignerFault.Failed, "The private key of the certificate could not sign: " + e.Message, e);
            }
        }

        public byte[]? TryDecrypt(byte[] encrypted)
        {
            if (key is not RSA rsa) throw SignerException.CannotDecrypt("The private key is no RSA key");
            try
            {
                return rsa.Decrypt(encrypted, RSAEncryptionPadding.OaepSHA256);
            }
            catch (CryptographicException)
            {
                return null; // The platform does not tell what was encrypted to another key from a key that it may not use.
            }
        }

        public byte[] Agree(EccPublic other, byte[] suffix)
        {
#if NET
            try
            {
                using ECDiffieHellman own = _certificate.GetECDiffieHellmanPrivateKey() ?? throw SignerException.CannotDecrypt("The private key is not for key agreement");
                using ECDiffieHellman peer = ECDiffieHellman.Create(new ECParameters
                {
                    Curve = other.Curve == TpmEccCurve.NistP256 ? ECCurve.NamedCurves.nistP256 : ECCurve.NamedCurves.nistP384,
                    Q = new ECPoint { X = other.X, Y = other.Y },
                });
                return own.DeriveKeyFromHash(peer.PublicKey, HashAlgorithmName.SHA256, null, suffix);
            }
            catch (CryptographicException e)
            {
                throw SignerException.CannotDecrypt("The private key of the certificate could not agree on a key: " + e.Message.TrimEnd('.'), e);
            }
#else
            throw SignerException.CannotDecrypt("Windows PowerShell does not reach the key agreement of a certificate in the store; PowerShell 7 does");
#endif
        }

        public void Dispose()
        {
            key.Dispose();
            _certificate.Dispose();
        }
    }
}
