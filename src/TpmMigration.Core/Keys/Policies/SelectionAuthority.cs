using System;
using Org.BouncyCastle.Security;
using TpmMigration.Signatures;
using TpmMigration.Tpm;
using SignatureException = TpmMigration.Signatures.SignatureException;

namespace TpmMigration.Keys;

/// <summary>
/// A Migration Selection Authority as the policy of a CMK names it: by its public key, in the form in which every program loads such a key
/// into a TPM (tpm2_loadexternal does), so that all compute the same TPM name. A certificate may be renewed; the key is what counts.
/// </summary>
public sealed record SelectionAuthority
{
    private SelectionAuthority(AsymmetricPublic key, string description, byte[]? certificate)
    {
        PublicArea = ExternalKey.ToPublicArea(key);
        Description = description;
        Certificate = certificate;
    }

    /// <summary>userWithAuth, decrypt and sign, no scheme, name algorithm SHA-256.</summary>
    public TpmtPublic PublicArea { get; }

    /// <summary>The TPM name of the key: what policies hold.</summary>
    public byte[] TpmName => PublicArea.Name;

    /// <summary>The subject of the certificate, or the fingerprint of the bare key.</summary>
    public string Description { get; }

    /// <summary>X.509 in DER; null where only the key is known.</summary>
    public byte[]? Certificate { get; }

    /// <param name="certificate">X.509 in DER.</param>
    /// <exception cref="SignatureException">It is no certificate, or its key is none that every TPM verifies.</exception>
    public static SelectionAuthority FromCertificate(byte[] certificate) => Of(new CertificateIdentity([certificate]));

    /// <param name="signer">Whose certificate is known.</param>
    /// <exception cref="SignatureException">Its key is none that every TPM verifies.</exception>
    public static SelectionAuthority Of(CertificateIdentity signer) => new(signer.Key, signer.Subject, signer.Certificates[0]);

    /// <param name="subjectPublicKeyInfo">The public key in DER, RFC 5280, 4.1.2.7.</param>
    /// <exception cref="SignatureException">It is no public key, or none that every TPM verifies.</exception>
    public static SelectionAuthority FromPublicKey(byte[] subjectPublicKeyInfo)
    {
        AsymmetricPublic key;
        try
        {
            key = CertificateKey.Of(PublicKeyFactory.CreateKey(subjectPublicKeyInfo));
        }
        catch (Exception e) when (MalformedInput.Causes(e))
        {
            throw new SignatureException(SignatureFault.Key, "This is no public key in DER (SubjectPublicKeyInfo).", e);
        }
        return new SelectionAuthority(key, "Key " + Hex.Format(ObjectName.DigestOf(ExternalKey.ToPublicArea(key).Name)).Substring(0, 16), null);
    }

    public bool Equals(SelectionAuthority? other) => other != null && SecretBytes.FixedTimeEquals(TpmName, other.TpmName);

    public override int GetHashCode() => BitConverter.ToInt32(TpmName, 2);
}
