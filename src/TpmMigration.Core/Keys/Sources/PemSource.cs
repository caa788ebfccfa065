using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.OpenSsl;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>A key in PEM text, with the certificates that stand in the same text.</summary>
internal static class PemSource
{
    internal static KeySource Read(byte[] content, byte[] password)
    {
        IReadOnlyList<PemBlock> blocks = PemBlock.ReadAll(content);
        try
        {
            List<PemBlock> keys = blocks.Where(b => b.Label.EndsWith("PRIVATE KEY", StringComparison.Ordinal)).ToList();
            if (keys.Count > 1) throw SeveralKeys(keys.Count);
            PemBlock key = keys.SingleOrDefault() ?? throw new KeySourceException(
                KeySourceFault.NoPrivateKey, "The file holds no private key. Give the file of the key, and not that of its certificate or public key only.");
            IReadOnlyList<byte[]> certificates = blocks.Where(b => b.Label is "CERTIFICATE" or "X509 CERTIFICATE").Select(b => (byte[])b.Der.Clone()).ToList();
            return SourceCertificates.Join(KeyOf(key, password), certificates);
        }
        finally
        {
            foreach (PemBlock block in blocks) block.Dispose();
        }
    }

    internal static KeySourceException SeveralKeys(int count) =>
        new(KeySourceFault.SeveralKeys, $"The file holds {count} private keys. Export each into a file of its own.");

    private static AsymmetricPrivate KeyOf(PemBlock block, byte[] password) => block switch
    {
        { IsEncrypted: true } => Decrypt(block, password),
        { Label: "PRIVATE KEY" } => PrivateKeyDer.Pkcs8(block.Der),
        { Label: "ENCRYPTED PRIVATE KEY" } => PrivateKeyDer.EncryptedPkcs8(block.Der, password),
        { Label: "RSA PRIVATE KEY" } => PrivateKeyDer.Pkcs1(block.Der),
        { Label: "EC PRIVATE KEY" } => PrivateKeyDer.Sec1(block.Der),
        { Label: "TSS2 PRIVATE KEY" } => throw new KeySourceException(
            KeySourceFault.Unsupported, "The key is in a TPM already: the file holds it wrapped, and not its private part. An importable key file comes in with Import-TpmMigrationPackage."),
        _ => throw new KeySourceException(KeySourceFault.Unsupported, $"A block '{block.Label}' is not supported. Convert the key to PKCS#8: openssl pkcs8 -topk8."),
    };

    private static AsymmetricPrivate Decrypt(PemBlock block, byte[] password)
    {
        SourcePassword.Require(password);
        using var given = new SourcePassword(password, oneCharacterPerByte: true);
        try
        {
            using var reader = new StringReader(Encoding.ASCII.GetString(block.Text)); // Ciphertext, so it may be a string.
            using var pem = new PemReader(reader, given);
            AsymmetricKeyParameter key = pem.ReadObject() is AsymmetricCipherKeyPair pair
                ? pair.Private
                : throw new KeySourceException(KeySourceFault.Malformed, $"The block '{block.Label}' holds no private key. The file is damaged; copy it again.");
            return PrivateKeyDer.From(key);
        }
        catch (Exception e) when (MalformedInput.Causes(e))
        {
            throw SourcePassword.Wrong(e);
        }
    }
}
