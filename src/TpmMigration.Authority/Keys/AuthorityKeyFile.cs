using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Keys;

/// <summary>
/// The encrypted file of the keys: "TPM MA keys 1\n" (14 bytes), salt (32), nonce (12), ciphertext and tag (16) of AES-256-GCM. The key is HKDF-SHA-256 of
/// the secret with the salt; what stands before the ciphertext is authenticated too.
/// </summary>
internal static class AuthorityKeyFile
{
    /// <summary>Of which all but one are old.</summary>
    internal const int MostStorageKeys = 100;

    private const int SaltSize = 32, NonceSize = 12, TagSize = 16, KeySize = 32;

    private static readonly byte[] Form = Encoding.ASCII.GetBytes("TPM MA keys 1\n");

    private static readonly int HeadSize = Form.Length + SaltSize + NonceSize;

    /// <summary>Writes the file.</summary>
    /// <param name="path">What is there is replaced.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="storageKeys">Those storage keys of them that are kept.</param>
    /// <param name="secret">Opens it.</param>
    internal static void Write(string path, AuthorityKeys keys, IReadOnlyList<StorageKey> storageKeys, byte[] secret)
    {
        byte[] head = [.. Form, .. SecretBytes.Random(SaltSize + NonceSize)];
        byte[] content = Content(keys, storageKeys);
        byte[] sealedContent = new byte[content.Length + TagSize];
        try
        {
            using AesGcm cipher = Cipher(head, secret);
            cipher.Encrypt(Nonce(head), content, sealedContent.AsSpan(0, content.Length), sealedContent.AsSpan(content.Length), head);
        }
        finally
        {
            SecretBytes.Clear(content);
        }
        OwnerOnlyFile.Write(path, [.. head, .. sealedContent]);
        // What comes to depend on a new key must not outlive it.
        if (UnixCalls.Available) UnixCalls.SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Reads the file.</summary>
    /// <exception cref="DataDirectoryException">It does not open.</exception>
    internal static AuthorityKeys Read(string path, byte[] secret)
    {
        byte[] file = File.ReadAllBytes(path);
        byte[]? content = null;
        try
        {
            if (file.Length < HeadSize + TagSize || !file.AsSpan(0, Form.Length).SequenceEqual(Form)) throw new CryptographicException("This is no file of keys.");
            byte[] head = file[..HeadSize];
            content = new byte[file.Length - HeadSize - TagSize];
            using AesGcm cipher = Cipher(head, secret);
            cipher.Decrypt(Nonce(head), file.AsSpan(HeadSize, content.Length), file.AsSpan(HeadSize + content.Length), content, head);
            return Keys(content);
        }
        catch (Exception e) when (e is CryptographicException or TpmWireException or ArgumentException)
        {
            throw new DataDirectoryException(DataDirectoryFault.KeysRefused, $"The keys in '{path}' do not open: the secret is another one, or the file was altered. Restore both from one backup.", e);
        }
        finally
        {
            SecretBytes.Clear(content);
        }
    }

    private static byte[] Content(AuthorityKeys keys, IReadOnlyList<StorageKey> storageKeys) => TpmWriter.Write(writer =>
    {
        writer.WriteU32((uint)storageKeys.Count);
        foreach (StorageKey key in storageKeys)
        {
            writer.WriteTpm2b(key.Area.Marshal());
            // Empty where the key is in software.
            writer.WriteTpm2b(key is TpmStorageKey inTpm ? inTpm.PrivateArea : []);
            writer.WriteTpm2b(key is TpmStorageKey { Connection: var connection } ? Encoding.UTF8.GetBytes(connection) : ((SoftwareStorageKey)key).Secret);
            writer.WriteU64((ulong)new DateTimeOffset(key.Created, TimeSpan.Zero).ToUnixTimeSeconds());
        }
        foreach (X509Certificate2 certificate in new[] { keys.SigningCertificate, keys.TlsCertificate })
        {
            writer.WriteTpm2b(certificate.RawData);
            using ECDsa key = certificate.GetECDsaPrivateKey()!;
            byte[] pkcs8 = key.ExportPkcs8PrivateKey();
            writer.WriteTpm2b(pkcs8);
            SecretBytes.Clear(pkcs8);
        }
        writer.WriteTpm2b(keys.StateSecret);
    });

    private static AuthorityKeys Keys(byte[] content) => TpmReader.ReadWhole(content, "The file of keys", reader =>
    {
        uint count = reader.ReadU32();
        if (count is 0 or > MostStorageKeys) throw new CryptographicException("The file of keys has no storage key, or too many.");
        List<StorageKey> storageKeys = [];
        for (uint i = 0; i < count; i++) storageKeys.Add(Storage(reader));
        return new AuthorityKeys(storageKeys, Certificate(reader), Certificate(reader), reader.ReadTpm2b());
    });

    private static StorageKey Storage(TpmReader reader)
    {
        TpmtPublic area = TpmtPublic.Unmarshal(reader.ReadTpm2b());
        byte[] inTpm = reader.ReadTpm2b(), secret = reader.ReadTpm2b();
        try
        {
            DateTime created = DateTimeOffset.FromUnixTimeSeconds((long)reader.ReadU64()).UtcDateTime;
            return inTpm.Length != 0 ? new TpmStorageKey(area, inTpm, Encoding.UTF8.GetString(secret), created) : SoftwareStorageKey.Of(area, secret, created);
        }
        finally
        {
            SecretBytes.Clear(secret);
        }
    }

    private static X509Certificate2 Certificate(TpmReader reader)
    {
        byte[] certificate = reader.ReadTpm2b(), pkcs8 = reader.ReadTpm2b();
        try
        {
            return AuthorityCertificates.Join(certificate, pkcs8);
        }
        finally
        {
            SecretBytes.Clear(pkcs8);
        }
    }

    private static byte[] Nonce(byte[] head) => head[^NonceSize..];

    private static AesGcm Cipher(byte[] head, byte[] secret)
    {
        byte[] key = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, KeySize, head[Form.Length..(Form.Length + SaltSize)], Form);
        try
        {
            return new AesGcm(key, TagSize);
        }
        finally
        {
            SecretBytes.Clear(key);
        }
    }
}
