using System;
using System.Collections.Generic;
using System.Linq;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.X509;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Sees to it that a key and the certificates beside it belong together.</summary>
internal static class SourceCertificates
{
    /// <exception cref="KeySourceException">A certificate cannot be read, or none of them is the key's.</exception>
    internal static KeySource Join(AsymmetricPrivate key, IReadOnlyList<byte[]> certificates)
    {
        try
        {
            if (certificates.Count == 0) return new KeySource(key, []);
            int own = certificates.ToList().FindIndex(c => Certifies(c, key.PublicKey));
            if (own < 0)
                throw new KeySourceException(KeySourceFault.Contradictory, "None of the certificates in the file is that of its private key. Give a file with the key and its own certificate, or with the key alone.");
            return new KeySource(key, [certificates[own], .. certificates.Where((_, index) => index != own)]);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static bool Certifies(byte[] certificate, AsymmetricPublic key)
    {
        AsymmetricKeyParameter certified;
        try
        {
            certified = new X509Certificate(certificate).GetPublicKey();
        }
        catch (Exception e) when (MalformedInput.Causes(e))
        {
            throw new KeySourceException(KeySourceFault.Malformed, "A certificate in the file cannot be read. The file is damaged; copy it again.", e);
        }
        return (key, certified) switch
        {
            (RsaPublic rsa, RsaKeyParameters { IsPrivate: false } other) => other.Modulus.ToByteArrayUnsigned().SequenceEqual(rsa.Modulus),
            (EccPublic ecc, ECPublicKeyParameters other) => other.Q.Normalize() is var point
                && point.AffineXCoord.GetEncoded().SequenceEqual(ecc.X) && point.AffineYCoord.GetEncoded().SequenceEqual(ecc.Y),
            _ => false,
        };
    }
}
