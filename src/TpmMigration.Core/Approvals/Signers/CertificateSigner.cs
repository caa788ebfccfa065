using System;
using System.Collections.Generic;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>Signs with the private key of an X.509 certificate, wherever it lies.</summary>
public sealed class CertificateSigner : IDocumentSigner
{
    private readonly CertificateIdentity _identity;
    private readonly ICertificateKey _key;

    /// <summary>Takes over the key, also when it throws.</summary>
    /// <param name="certificates">DER; the signer's, then those above it as far as they are known.</param>
    /// <param name="key">Its private key.</param>
    /// <exception cref="SignerException">The certificate is not valid now, or may not or cannot sign.</exception>
    internal CertificateSigner(IReadOnlyList<byte[]> certificates, ICertificateKey key)
    {
        _key = key;
        try
        {
            _identity = new CertificateIdentity(certificates);
            RequireUsable(_identity, DateTime.UtcNow);
        }
        catch (SignatureException e)
        {
            key.Dispose();
            throw new SignerException(SignerFault.Unsuitable, e.Message + " Choose another certificate.", e);
        }
        catch (SignerException)
        {
            key.Dispose();
            throw;
        }
    }

    public SignerIdentity Identity => _identity;

    /// <summary>The private key, for what else can be done with it.</summary>
    internal ICertificateKey Key => _key;

    /// <exception cref="SignerException">What holds the key failed, or holds another key than the certificate's.</exception>
    public byte[] Sign(byte[] digest)
    {
        byte[] value = _key.Sign(digest);
        // A key beside the wrong certificate, or a broken token, is better found here than by whoever receives the document.
        return _identity.Verifies(digest, value)
            ? value
            : throw new SignerException(SignerFault.Failed, $"The private key is not that of the certificate '{_identity.Subject}': what it signed does not verify.");
    }

    public void Dispose() => _key.Dispose();

    private static void RequireUsable(CertificateIdentity identity, DateTime utc)
    {
        if (utc > identity.NotAfter)
            throw new SignerException(SignerFault.Expired, FormattableString.Invariant($"The certificate '{identity.Subject}' was valid until {identity.NotAfter:yyyy-MM-dd HH:mm} UTC; nobody would accept what it signs now. Use one that is valid."));
        if (utc < identity.NotBefore)
            throw new SignerException(SignerFault.NotYetValid, FormattableString.Invariant($"The certificate '{identity.Subject}' is valid from {identity.NotBefore:yyyy-MM-dd HH:mm} UTC. Use one that is valid, or correct this machine's clock."));
        if (!identity.MaySign)
            throw new SignerException(SignerFault.Unsuitable, $"The certificate '{identity.Subject}' is not for signatures: its key usage has neither digitalSignature nor nonRepudiation. Use one that is.");
    }
}

/// <summary>The private key of a certificate.</summary>
internal interface ICertificateKey : IDisposable
{
    /// <summary>Signs a digest of SHA-256: RSASSA-PKCS1-v1_5 (as long as the modulus), or ECDSA (r and s, each as long as the order).</summary>
    /// <exception cref="SignerException">It could not.</exception>
    byte[] Sign(byte[] digest);

    /// <summary>Decrypts by RSAES-OAEP with SHA-256.</summary>
    /// <returns>The content, which the caller clears; null if it was not encrypted to this key, or was altered.</returns>
    /// <exception cref="SignerException">The key, or what holds it, cannot do that.</exception>
    byte[]? TryDecrypt(byte[] encrypted);

    /// <summary>Agrees on a secret by ECDH, and makes a key of it: SHA-256 over the x-coordinate and what follows.</summary>
    /// <param name="other">A point that was checked to lie on this key's curve; coordinates as long as the field.</param>
    /// <param name="suffix">What follows the secret in the hash.</param>
    /// <returns>32 bytes, which the caller clears.</returns>
    /// <exception cref="SignerException">The key, or what holds it, cannot do that.</exception>
    byte[] Agree(EccPublic other, byte[] suffix);
}
