using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Org.BouncyCastle.Asn1.Nist;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Encodings;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Utilities;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>Signs with a key from a PKCS #12 (PFX) file, which stays in memory: no key container is made for it. RFC 7292.</summary>
public static class PfxSigner
{
    /// <param name="content">The file.</param>
    /// <param name="name">How errors call it.</param>
    /// <param name="password">UTF-8; empty for none. Still the caller's.</param>
    /// <exception cref="SignerException">It is no such file, the password is wrong, or it does not hold one key with a usable certificate.</exception>
    public static CertificateSigner Open(byte[] content, string name, byte[] password)
    {
        Pkcs12Store store = Read(content, name, password);
        List<string> keys = store.Aliases.Where(store.IsKeyEntry).ToList();
        if (keys.Count == 0)
            throw new SignerException(SignerFault.NoPrivateKey, $"'{name}' holds no private key. Export the certificate with its private key.");
        if (keys.Count > 1)
            throw new SignerException(SignerFault.Several, $"'{name}' holds {keys.Count} private keys, and which one is to sign cannot be told. Put the one that is to sign into a file of its own.");
        X509CertificateEntry[] chain = store.GetCertificateChain(keys[0]) ?? [];
        if (chain.Length == 0)
            throw new SignerException(SignerFault.NotFound, $"'{name}' holds a private key and no certificate for it.");
        return new CertificateSigner(chain.Select(c => c.Certificate.GetEncoded()).ToList(), new SoftwareCertificateKey(store.GetKey(keys[0]).Key));
    }

    private static Pkcs12Store Read(byte[] content, string name, byte[] password)
    {
        char[] characters = Encoding.UTF8.GetChars(password);
        try
        {
            PasswordHashing.RequireBounded(content);
            Pkcs12Store store = new Pkcs12StoreBuilder().Build();
            store.Load(new MemoryStream(content, writable: false), characters);
            return store;
        }
        catch (IOException e) when (e.Message.Contains("wrong password"))
        {
            throw new SignerException(
                SignerFault.Password, password.Length == 0 ? $"'{name}' has a password. Give it with -CertificatePassword." : $"The password of '{name}' is wrong, or the file is damaged.", e);
        }
        catch (KeySourceException e)
        {
            throw new SignerException(SignerFault.Unreadable, $"'{name}' cannot be opened. {e.Message}", e);
        }
        catch (CryptoException e) when (password.Any(octet => octet > 0x7F))
        {
            throw new SignerException(SignerFault.Unreadable, $"The password of '{name}' is right, but has characters beyond ASCII, which programs turn into keys in different ways. Give the file a password of ASCII characters.", e);
        }
        catch (Exception e) when (MalformedInput.Causes(e))
        {
            throw new SignerException(SignerFault.Unreadable, $"'{name}' is no PKCS #12 (PFX) file, or it is damaged or protected in a way that is not supported.", e);
        }
        finally
        {
            Array.Clear(characters, 0, characters.Length);
        }
    }

    private sealed class SoftwareCertificateKey(AsymmetricKeyParameter key) : ICertificateKey
    {
        public byte[] Sign(byte[] digest)
        {
            switch (key)
            {
                case RsaKeyParameters rsa:
                    var pkcs1 = new RsaDigestSigner(new NullDigest(), NistObjectIdentifiers.IdSha256);
                    pkcs1.Init(true, rsa);
                    pkcs1.BlockUpdate(digest, 0, digest.Length);
                    return pkcs1.GenerateSignature();
                case ECPrivateKeyParameters ecc:
                    var ecdsa = new ECDsaSigner(new HMacDsaKCalculator(new Sha256Digest()));
                    ecdsa.Init(true, ecc);
                    Org.BouncyCastle.Math.BigInteger[] pair = ecdsa.GenerateSignature(digest);
                    return EcdsaValue.Join(pair[0].ToByteArrayUnsigned(), pair[1].ToByteArrayUnsigned(), (ecc.Parameters.N.BitLength + 7) / 8);
                default:
                    throw new SignerException(SignerFault.Unsuitable, "The private key is neither RSA nor ECC.");
            }
        }

        public byte[]? TryDecrypt(byte[] encrypted)
        {
            if (key is not RsaKeyParameters rsa) throw SignerException.CannotDecrypt("The private key is no RSA key");
            var oaep = new OaepEncoding(new RsaBlindedEngine(), new Sha256Digest(), new Sha256Digest(), null);
            oaep.Init(false, rsa);
            try
            {
                return oaep.ProcessBlock(encrypted, 0, encrypted.Length);
            }
            catch (CryptoException)
            {
                return null;
            }
        }

        public byte[] Agree(EccPublic other, byte[] suffix)
        {
            if (key is not ECPrivateKeyParameters ecc) throw SignerException.CannotDecrypt("The private key is no ECC key");
            int size = EccCurve.Get(other.Curve).Size;
            byte[] scalar = BigIntegers.AsUnsignedByteArray(size, ecc.D);
            using var own = new EccPrivate(PublicHalf(ecc, other.Curve), scalar);
            byte[] z = EccEngine.Default.Agree(own, other);
            try
            {
                return TpmHash.Digest(TpmAlgId.Sha256, z, suffix);
            }
            finally
            {
                SecretBytes.Clear(scalar);
                SecretBytes.Clear(z);
            }
        }

        public void Dispose() { }

        private static EccPublic PublicHalf(ECPrivateKeyParameters key, TpmEccCurve curve)
        {
            Org.BouncyCastle.Math.EC.ECPoint point = key.Parameters.G.Multiply(key.D).Normalize();
            return new EccPublic(curve, point.AffineXCoord.GetEncoded(), point.AffineYCoord.GetEncoded());
        }
    }
}
