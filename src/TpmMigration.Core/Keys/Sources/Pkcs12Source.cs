using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;
using TpmMigration.Signatures;

namespace TpmMigration.Keys;

/// <summary>A PFX: one key with the chain of its certificate.</summary>
internal static class Pkcs12Source
{
    internal static KeySource Read(byte[] content, byte[] password)
    {
        PasswordHashing.RequireBounded(content);
        Pkcs12Store store = Open(content, password);
        List<string> keys = store.Aliases.Where(store.IsKeyEntry).ToList();
        if (keys.Count > 1) throw PemSource.SeveralKeys(keys.Count);
        string alias = keys.SingleOrDefault() ?? throw new KeySourceException(
            KeySourceFault.NoPrivateKey, "The file holds certificates only and no private key. Export it anew with its private key.");
        IReadOnlyList<byte[]> certificates = (store.GetCertificateChain(alias) ?? []).Select(entry => entry.Certificate.GetEncoded()).ToList();
        return SourceCertificates.Join(PrivateKeyDer.From(store.GetKey(alias).Key), certificates);
    }

    /// <remarks>
    /// The checksum and the older ciphers of a PFX are made of the password's characters, the newer (PBES2) of its bytes in UTF-8, which the
    /// library does not tell apart. Where that makes a difference, the file gets a checksum that goes with the bytes, once its own was right.
    /// </remarks>
    private static Pkcs12Store Open(byte[] content, byte[] password)
    {
        using var characters = new SourcePassword(password, oneCharacterPerByte: false);
        try
        {
            return Open(content, characters.Characters);
        }
        catch (KeySourceException e) when (e.Fault == KeySourceFault.Malformed && characters.Characters.Length != password.Length)
        {
            // Decrypted with the wrong key, the padding is wrong or, by chance, right around what is no structure.
            using var bytes = new SourcePassword(password, oneCharacterPerByte: true);
            if (WithChecksum(content, bytes.Characters) is not { } other) throw;
            return Open(other, bytes.Characters);
        }
    }

    /// <returns>Null if the file is no whole PFX.</returns>
    private static byte[]? WithChecksum(byte[] content, char[] password)
    {
        try
        {
            return Pkcs12Checksum.Replace(content, password);
        }
        catch (Exception e) when (MalformedInput.Causes(e))
        {
            return null;
        }
    }

    private static Pkcs12Store Open(byte[] content, char[] password)
    {
        Pkcs12Store store = new Pkcs12StoreBuilder().Build();
        try
        {
            using var stream = new MemoryStream(content, writable: false);
            store.Load(stream, password);
            return store;
        }
        catch (SecurityUtilityException e)
        {
            throw new KeySourceException(KeySourceFault.Unsupported, "The file is encrypted in a way that is not supported. Export it anew with AES-256 or TripleDES.", e);
        }
        catch (Exception e) when (MalformedInput.Causes(e))
        {
            // The library tells a wrong password by its words only.
            if (!e.Message.Contains("password")) throw new KeySourceException(KeySourceFault.Malformed, "The PFX is damaged. Copy it again.", e);
            throw password.Length == 0
                ? new KeySourceException(KeySourceFault.PasswordNeeded, "The PFX has a password, and none was given. Give it with -FilePassword.", e)
                : SourcePassword.Wrong(e);
        }
    }
}
