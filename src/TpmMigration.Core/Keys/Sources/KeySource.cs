using System;
using System.Collections.Generic;
using System.IO;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>A private key that was made in software, with what its file holds besides. Dispose clears the key.</summary>
public sealed class KeySource : IDisposable
{
    /// <summary>The most a file may have, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    internal KeySource(AsymmetricPrivate key, IReadOnlyList<byte[]> certificates) => (Key, Certificates) = (key, certificates);

    /// <summary>RSA with 2048 or 3072 bits, or ECC on P-256 or P-384.</summary>
    public AsymmetricPrivate Key { get; }

    /// <summary>X.509 certificates in DER: the key's own, then those above it as far as the file has them. Empty where it has none.</summary>
    public IReadOnlyList<byte[]> Certificates { get; }

    /// <summary>Reads a file: PKCS#12 (PFX); PKCS#8, PKCS#1 (RSA) or SEC 1 (EC) in PEM or DER. The file is not touched.</summary>
    /// <param name="path">The file.</param>
    /// <param name="password">Its password in UTF-8, or empty; still the caller's to clear.</param>
    /// <exception cref="KeySourceException">No key can be taken from it.</exception>
    public static KeySource Load(string path, byte[] password)
    {
        byte[] content = ReadLimited(path);
        try
        {
            return Read(content, password);
        }
        catch (KeySourceException e)
        {
            throw new KeySourceException(e.Fault, $"{path}: {e.Message}", e);
        }
        finally
        {
            SecretBytes.Clear(content);
        }
    }

    /// <summary>Reads the content of a file, as <see cref="Load"/> does.</summary>
    /// <exception cref="KeySourceException">No key can be taken from it.</exception>
    public static KeySource Read(byte[] content, byte[] password)
    {
        if (content is null) throw new ArgumentNullException(nameof(content));
        if (password is null) throw new ArgumentNullException(nameof(password));
        if (content.Length > MaxBytes) throw TooLarge();
        return PemBlock.IsIn(content) ? PemSource.Read(content, password) : DerSource.Read(content, password);
    }

    public void Dispose() => Key.Dispose();

    private static KeySourceException TooLarge() =>
        new(KeySourceFault.TooLarge, $"The file is larger than {MaxBytes / 1024} KiB, the most a file with a key may have. Give the right file.");

    private static byte[] ReadLimited(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (stream.Length > MaxBytes) throw new KeySourceException(KeySourceFault.TooLarge, $"{path}: {TooLarge().Message}");
            byte[] content = new byte[(int)stream.Length];
            int count = 0, read;
            while (count < content.Length && (read = stream.Read(content, count, content.Length - count)) > 0) count += read;
            return content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new KeySourceException(KeySourceFault.NotReadable, $"The file '{path}' cannot be read: {e.Message}", e);
        }
    }
}
