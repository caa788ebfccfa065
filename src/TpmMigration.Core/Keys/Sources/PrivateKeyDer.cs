using System;
using System.IO;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Private keys from their structures in DER, as far as TPMs take them.</summary>
internal static class PrivateKeyDer
{
    private const string SupportedKeys = "A TPM takes RSA 2048 and 3072 with the exponent 65537, and ECC P-256 and P-384.";

    internal static AsymmetricPrivate Pkcs8(byte[] der) => Parse("PKCS#8", () => From(PrivateKeyInfo.GetInstance(Whole(der))));

    internal static AsymmetricPrivate Pkcs1(byte[] der) => Parse("PKCS#1", () => From(
        new PrivateKeyInfo(new AlgorithmIdentifier(PkcsObjectIdentifiers.RsaEncryption, DerNull.Instance), RsaPrivateKeyStructure.GetInstance(Whole(der)))));

    internal static AsymmetricPrivate Sec1(byte[] der) => Parse("SEC 1", () =>
    {
        ECPrivateKeyStructure key = ECPrivateKeyStructure.GetInstance(Whole(der));
        return From(new PrivateKeyInfo(new AlgorithmIdentifier(X9ObjectIdentifiers.IdECPublicKey, key.Parameters), key));
    });

    internal static AsymmetricPrivate EncryptedPkcs8(byte[] der, byte[] password)
    {
        SourcePassword.Require(password);
        EncryptedPrivateKeyInfo encrypted = Parse("PKCS#8", () => EncryptedPrivateKeyInfo.GetInstance(Whole(der)));
        PasswordHashing.RequireBounded(encrypted.EncryptionAlgorithm);
        bool characters = encrypted.EncryptionAlgorithm.Algorithm.Id.StartsWith(PkcsObjectIdentifiers.Pkcs12PbeIds + ".", StringComparison.Ordinal);
        using var given = new SourcePassword(password, oneCharacterPerByte: !characters);
        PrivateKeyInfo info;
        try
        {
            info = PrivateKeyInfoFactory.CreatePrivateKeyInfo(given.Characters, encrypted);
        }
        catch (SecurityUtilityException e)
        {
            throw new KeySourceException(
                KeySourceFault.Unsupported, "The file is encrypted in a way that is not supported. Encrypt it anew with PBES2: openssl pkcs8 -topk8 -v2 aes-256-cbc.", e);
        }
        catch (Exception e) when (MalformedInput.Causes(e))
        {
            throw SourcePassword.Wrong(e);
        }
        return Parse("PKCS#8", () => From(info));
    }

    internal static AsymmetricPrivate From(AsymmetricKeyParameter key) => key switch
    {
        RsaPrivateCrtKeyParameters rsa => Rsa(rsa),
        ECPrivateKeyParameters ecc => Ecc(ecc, null),
        _ => throw Unsupported("a key that is neither RSA nor ECC on a NIST curve"),
    };

    private static AsymmetricPrivate From(PrivateKeyInfo info)
    {
        DerObjectIdentifier algorithm = info.PrivateKeyAlgorithm.Algorithm;
        if (algorithm.Equals(X9ObjectIdentifiers.IdECPublicKey))
        {
            if (info.PrivateKeyAlgorithm.Parameters?.ToAsn1Object() is not DerObjectIdentifier) throw Unsupported("an ECC key whose curve is not named");
            ECPrivateKeyStructure structure = ECPrivateKeyStructure.GetInstance(info.ParsePrivateKey());
            return PrivateKeyFactory.CreateKey(info) is ECPrivateKeyParameters ecc ? Ecc(ecc, structure.PublicKey) : throw Unsupported("an ECC key of another kind");
        }
        if (!algorithm.Equals(PkcsObjectIdentifiers.RsaEncryption)) throw Unsupported($"a key with the algorithm {algorithm.Id}");
        return From(PrivateKeyFactory.CreateKey(info));
    }

    private static RsaPrivate Rsa(RsaPrivateCrtKeyParameters key)
    {
        int bits = key.Modulus.BitLength;
        if (bits is not (2048 or 3072)) throw Unsupported($"RSA {bits}");
        if (!key.PublicExponent.Equals(BigInteger.ValueOf(RsaPublic.DefaultExponent))) throw Unsupported($"RSA {bits} with another exponent than 65537");
        if (!key.P.Multiply(key.Q).Equals(key.Modulus))
            throw new KeySourceException(KeySourceFault.Contradictory, "The primes of the key do not make its modulus. The file is damaged; copy it again.");
        if (key.P.BitLength != bits / 2 || key.Q.BitLength != bits / 2) throw Unsupported($"RSA {bits} with primes of different sizes");
        byte[] prime = key.P.ToByteArrayUnsigned();
        try
        {
            return new RsaPrivate(new RsaPublic(key.Modulus.ToByteArrayUnsigned(), 0), prime);
        }
        finally
        {
            SecretBytes.Clear(prime);
        }
    }

    private static EccPrivate Ecc(ECPrivateKeyParameters key, DerBitString? statedPublicKey)
    {
        TpmEccCurve curve = key.PublicKeyParamSet switch
        {
            { } id when id.Equals(SecObjectIdentifiers.SecP256r1) => TpmEccCurve.NistP256,
            { } id when id.Equals(SecObjectIdentifiers.SecP384r1) => TpmEccCurve.NistP384,
            { } id => throw Unsupported($"an ECC key on the curve {ECNamedCurveTable.GetName(id) ?? id.Id}"),
            null => throw Unsupported("an ECC key whose curve is not named"),
        };
        ECPoint point = key.Parameters.G.Multiply(key.D).Normalize();
        if (statedPublicKey != null && !key.Parameters.Curve.DecodePoint(statedPublicKey.GetBytes()).Equals(point))
            throw new KeySourceException(KeySourceFault.Contradictory, "The private and the public part of the key do not belong together. The file is damaged; copy it again.");
        byte[] number = key.D.ToByteArrayUnsigned();
        byte[] scalar = BigEndian.Pad(number, EccCurve.Get(curve).Size);
        try
        {
            return new EccPrivate(new EccPublic(curve, point.AffineXCoord.GetEncoded(), point.AffineYCoord.GetEncoded()), scalar);
        }
        finally
        {
            SecretBytes.Clear(number);
            SecretBytes.Clear(scalar);
        }
    }

    // Of no bytes at all the parser makes no object, and no error.
    private static Asn1Object Whole(byte[] der) => Asn1Object.FromByteArray(der) ?? throw new IOException("It is empty.");

    private static T Parse<T>(string form, Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (Exception e) when (MalformedInput.Causes(e))
        {
            throw new KeySourceException(KeySourceFault.Malformed, $"The file is no key in {form}, or it is damaged. Copy it again.", e);
        }
    }

    private static KeySourceException Unsupported(string what) => new(KeySourceFault.Unsupported, $"The file holds {what}. {SupportedKeys}");
}
