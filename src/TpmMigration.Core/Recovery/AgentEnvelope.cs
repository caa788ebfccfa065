using System;
using System.Security.Cryptography;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Cms;
using Org.BouncyCastle.Asn1.Nist;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Encodings;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using TpmMigration.Approvals;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Recovery;

/// <summary>
/// CMS EnvelopedData with a recovery key for one agent: AES-256-CBC; its key goes to RSA agents by RSAES-OAEP with SHA-256, to ECC agents by
/// one-pass ECDH, the X9.63 KDF with SHA-256 and AES-256 key wrap. RFC 5652, 6; RFC 4055, 4; RFC 5753, 3.1.
/// </summary>
internal static class AgentEnvelope
{
    // An envelope is some 600 bytes; issuers' names vary.
    private const int MostBytes = 16 * 1024, ContentKeySize = 32, Block = 16;

    private static readonly AlgorithmIdentifier Sha256 = new(NistObjectIdentifiers.IdSha256, DerNull.Instance);
    private static readonly AlgorithmIdentifier Mgf1 = new(Org.BouncyCastle.Asn1.Pkcs.PkcsObjectIdentifiers.IdMgf1, Sha256);
    private static readonly AlgorithmIdentifier Oaep = new(
        Org.BouncyCastle.Asn1.Pkcs.PkcsObjectIdentifiers.IdRsaesOaep, new DerSequence(new DerTaggedObject(true, 0, Sha256), new DerTaggedObject(true, 1, Mgf1)));

    /// <summary>Encrypts a secret to an agent.</summary>
    /// <param name="certificate">The agent's, in DER.</param>
    /// <param name="key">The key in it.</param>
    /// <param name="secret">Still the caller's.</param>
    internal static byte[] Seal(byte[] certificate, AsymmetricPublic key, byte[] secret)
    {
        byte[] contentKey = SecretBytes.Random(ContentKeySize), vector = SecretBytes.Random(Block);
        try
        {
            Asn1Encodable recipient = key is RsaPublic rsa ? KeyTransport(certificate, rsa, contentKey) : KeyAgreement(certificate, (EccPublic)key, contentKey);
            var content = new EncryptedContentInfo(
                CmsObjectIdentifiers.Data,
                new AlgorithmIdentifier(NistObjectIdentifiers.IdAes256Cbc, new DerOctetString(vector)),
                new BerOctetString(Crypt(contentKey, vector, secret, encrypt: true)));
            var enveloped = new EnvelopedData(null, new DerSet(recipient), content, (Asn1Set?)null);
            return new ContentInfo(CmsObjectIdentifiers.EnvelopedData, enveloped).GetEncoded(Asn1Encodable.Der);
        }
        finally
        {
            SecretBytes.Clear(contentKey);
        }
    }

    /// <summary>Opens what <see cref="Seal"/> made.</summary>
    /// <param name="envelope">DER.</param>
    /// <param name="key">The agent's public key.</param>
    /// <param name="privateKey">The agent's private key, wherever it lies.</param>
    /// <returns>The secret, which the caller clears; null if the envelope is damaged or for another key.</returns>
    /// <exception cref="SignerException">What holds the private key failed.</exception>
    internal static byte[]? TryOpen(byte[] envelope, AsymmetricPublic key, ICertificateKey privateKey)
    {
        byte[]? contentKey = null;
        try
        {
            if (envelope.Length > MostBytes) return null;
            ContentInfo info = ContentInfo.GetInstance(Asn1Object.FromByteArray(envelope));
            if (!info.ContentType.Equals(CmsObjectIdentifiers.EnvelopedData)) return null;
            EnvelopedData enveloped = EnvelopedData.GetInstance(info.Content);
            EncryptedContentInfo content = enveloped.EncryptedContentInfo;
            if (enveloped.RecipientInfos.Count != 1 || content.EncryptedContent == null || !content.ContentEncryptionAlgorithm.Algorithm.Equals(NistObjectIdentifiers.IdAes256Cbc)) return null;
            byte[] vector = Asn1OctetString.GetInstance(content.ContentEncryptionAlgorithm.Parameters).GetOctets();
            RecipientInfo recipient = RecipientInfo.GetInstance(enveloped.RecipientInfos[0]);
            contentKey = (recipient.Info, key) switch
            {
                (KeyTransRecipientInfo transport, RsaPublic) => OpenTransport(transport, privateKey),
                (KeyAgreeRecipientInfo agreement, EccPublic ecc) => OpenAgreement(agreement, ecc, privateKey),
                _ => null,
            };
            return contentKey?.Length == ContentKeySize && vector.Length == Block ? Crypt(contentKey, vector, content.EncryptedContent.GetOctets(), encrypt: false) : null;
        }
        catch (Exception e) when (MalformedInput.Causes(e) || e is CryptographicException)
        {
            return null;
        }
        finally
        {
            SecretBytes.Clear(contentKey);
        }
    }

    private static KeyTransRecipientInfo KeyTransport(byte[] certificate, RsaPublic key, byte[] contentKey)
    {
        var oaep = new OaepEncoding(new RsaEngine(), new Sha256Digest(), new Sha256Digest(), null);
        oaep.Init(true, new RsaKeyParameters(false, new BigInteger(1, key.Modulus), BigInteger.ValueOf(key.Exponent)));
        return new KeyTransRecipientInfo(new RecipientIdentifier(Identify(certificate)), Oaep, new DerOctetString(oaep.ProcessBlock(contentKey, 0, contentKey.Length)));
    }

    private static byte[]? OpenTransport(KeyTransRecipientInfo recipient, ICertificateKey privateKey) =>
        recipient.KeyEncryptionAlgorithm.Equals(Oaep) ? privateKey.TryDecrypt(recipient.EncryptedKey.GetOctets()) : null;

    private static DerTaggedObject KeyAgreement(byte[] certificate, EccPublic key, byte[] contentKey)
    {
        EccPublic receiver = EccSecretSharing.Checked(key) ?? throw new ArgumentException("The public key is no point of its curve.", nameof(key));
        using EccPrivate ephemeral = EccEngine.Default.NewKey(receiver.Curve);
        byte[] z = EccEngine.Default.Agree(ephemeral, receiver);
        byte[] wrapping = TpmHash.Digest(TpmAlgId.Sha256, z, AgreementInfo.KdfSuffix);
        try
        {
            var originator = new OriginatorPublicKey(
                new AlgorithmIdentifier(Org.BouncyCastle.Asn1.X9.X9ObjectIdentifiers.IdECPublicKey), new DerBitString([4, .. ephemeral.PublicKey.X, .. ephemeral.PublicKey.Y]));
            var key1 = new RecipientEncryptedKey(new KeyAgreeRecipientIdentifier(Identify(certificate)), new DerOctetString(AesKeyWrap.Wrap(wrapping, contentKey)));
            return new DerTaggedObject(false, 1, new KeyAgreeRecipientInfo(new OriginatorIdentifierOrKey(originator), null, AgreementInfo.Algorithm, new DerSequence(key1)));
        }
        finally
        {
            SecretBytes.Clear(z);
            SecretBytes.Clear(wrapping);
        }
    }

    private static byte[]? OpenAgreement(KeyAgreeRecipientInfo recipient, EccPublic key, ICertificateKey privateKey)
    {
        if (!recipient.KeyEncryptionAlgorithm.Equals(AgreementInfo.Algorithm) || recipient.UserKeyingMaterial != null || recipient.RecipientEncryptedKeys.Count != 1) return null;
        byte[] point = recipient.Originator.OriginatorKey?.PublicKey.GetOctets() ?? [];
        int size = EccCurve.Get(key.Curve).Size;
        if (point.Length != 1 + 2 * size || point[0] != 4) return null;
        byte[] x = new byte[size], y = new byte[size];
        Array.Copy(point, 1, x, 0, size);
        Array.Copy(point, 1 + size, y, 0, size);
        // A point beside the curve would draw bits out of the agent's key.
        if (EccSecretSharing.Checked(new EccPublic(key.Curve, x, y)) is not { } sender) return null;
        byte[] wrapping = privateKey.Agree(sender, AgreementInfo.KdfSuffix);
        try
        {
            return AesKeyWrap.TryUnwrap(wrapping, RecipientEncryptedKey.GetInstance(recipient.RecipientEncryptedKeys[0]).EncryptedKey.GetOctets());
        }
        finally
        {
            SecretBytes.Clear(wrapping);
        }
    }

    private static IssuerAndSerialNumber Identify(byte[] certificate)
    {
        var structure = X509CertificateStructure.GetInstance(Asn1Object.FromByteArray(certificate));
        return new IssuerAndSerialNumber(structure.Issuer, structure.SerialNumber);
    }

    private static byte[] Crypt(byte[] key, byte[] vector, byte[] data, bool encrypt)
    {
        using Aes aes = Aes.Create();
        (aes.Key, aes.IV, aes.Mode, aes.Padding) = (key, vector, CipherMode.CBC, PaddingMode.PKCS7);
        using ICryptoTransform transform = encrypt ? aes.CreateEncryptor() : aes.CreateDecryptor();
        return transform.TransformFinalBlock(data, 0, data.Length);
    }
}
