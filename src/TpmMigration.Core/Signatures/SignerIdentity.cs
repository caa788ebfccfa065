using System;
using System.Collections.Generic;
using Org.BouncyCastle.X509;
using TpmMigration.Tpm;

namespace TpmMigration.Signatures;

/// <summary>Whose key signed a document, as the document itself says. Whether to trust it is another question.</summary>
public abstract record SignerIdentity
{
    private protected SignerIdentity() { }

    /// <summary>Who it is, for people: a certificate's subject, or the platform's signing key by its TPM name.</summary>
    public abstract string Description { get; }

    /// <summary>SHA-256 of the certificate's DER, or the digest in the TPM name of a platform's key; 32 bytes (more for larger name algorithms).</summary>
    public abstract byte[] Fingerprint { get; }

    internal abstract AsymmetricPublic Key { get; }

    /// <summary>The one scheme in which this key signs.</summary>
    public SignatureScheme Scheme => Key is RsaPublic ? SignatureScheme.RsaSha256 : SignatureScheme.EcdsaSha256;

    /// <summary>Whether a value is this key's signature over a digest of SHA-256.</summary>
    public bool Verifies(byte[] digest, byte[] value)
    {
        if (Key is RsaPublic rsa) return SignatureCheck.RsaSsa(rsa, TpmAlgId.Sha256, digest, value);
        var ecc = (EccPublic)Key;
        int half = EccCurve.Get(ecc.Curve).Size;
        if (value.Length != 2 * half) return false;
        byte[] r = new byte[half], s = new byte[half];
        Array.Copy(value, r, half);
        Array.Copy(value, half, s, 0, half);
        return SignatureCheck.EcDsa(ecc, digest, r, s);
    }
}

/// <summary>A signer with an X.509 certificate: an MA, an MSA, an administrator.</summary>
public sealed record CertificateIdentity : SignerIdentity
{
    private readonly X509Certificate _certificate;

    /// <param name="certificates">DER; the signer's, then those above it as far as they are known.</param>
    /// <exception cref="SignatureException">The first is no certificate, or its key is none of RSA from 2048 bits, ECC P-256, P-384.</exception>
    public CertificateIdentity(IReadOnlyList<byte[]> certificates)
    {
        Certificates = certificates;
        (_certificate, Key) = CertificateKey.Read(certificates[0]);
    }

    /// <summary>DER; the signer's first.</summary>
    public IReadOnlyList<byte[]> Certificates { get; }

    public string Subject => _certificate.SubjectDN.ToString();

    public string Issuer => _certificate.IssuerDN.ToString();

    /// <summary>UTC.</summary>
    public DateTime NotBefore => _certificate.NotBefore.ToUniversalTime();

    /// <summary>UTC.</summary>
    public DateTime NotAfter => _certificate.NotAfter.ToUniversalTime();

    /// <summary>Whether the certificate lets its key sign documents: it says nothing of its use, or digitalSignature or nonRepudiation. RFC 5280, 4.2.1.3.</summary>
    public bool MaySign => _certificate.GetKeyUsage() is not { } usage || usage[0] || usage[1];

    /// <summary>Whether it is the certificate of a certification authority. RFC 5280, 4.2.1.9.</summary>
    public bool IsAuthority => _certificate.GetBasicConstraints() >= 0;

    public override string Description => Subject;

    public override byte[] Fingerprint => TpmHash.Digest(TpmAlgId.Sha256, Certificates[0]);

    internal override AsymmetricPublic Key { get; }

    public bool Equals(CertificateIdentity? other) => other != null && SecretBytes.FixedTimeEquals(Fingerprint, other.Fingerprint);

    public override int GetHashCode() => BitConverter.ToInt32(Fingerprint, 0);
}

/// <summary>A platform's signing key, which never leaves its TPM.</summary>
public sealed record PlatformIdentity : SignerIdentity
{
    /// <param name="publicArea">The key's public area.</param>
    /// <param name="certification">What the platform's attestation key says of it; null where there is none.</param>
    /// <exception cref="SignatureException">The key is none of RSA from 2048 bits, ECC P-256, P-384, or no key that signs any digest.</exception>
    public PlatformIdentity(TpmtPublic publicArea, KeyCertification? certification)
    {
        PublicArea = publicArea;
        Certification = certification;
        if (!publicArea.Has(TpmaObject.Sign) || publicArea.Has(TpmaObject.Restricted) || !TpmHash.IsSupported(publicArea.NameAlg))
            throw new SignatureException(SignatureFault.Key, "The signing key of the document is no platform signing key.");
        try
        {
            Key = CertificateKey.Checked(publicArea.ToAsymmetric());
        }
        catch (TpmWireException e)
        {
            throw new SignatureException(SignatureFault.Key, "The signing key of the document cannot be used. " + e.Message, e);
        }
    }

    public TpmtPublic PublicArea { get; }

    public KeyCertification? Certification { get; }

    public override string Description => "Platform signing key " + Hex.Format(Fingerprint).Substring(0, 16);

    public override byte[] Fingerprint => ObjectName.DigestOf(PublicArea.Name);

    internal override AsymmetricPublic Key { get; }

    public bool Equals(PlatformIdentity? other) => other != null && SecretBytes.FixedTimeEquals(PublicArea.Name, other.PublicArea.Name);

    public override int GetHashCode() => BitConverter.ToInt32(PublicArea.Name, 2);
}
