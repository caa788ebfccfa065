using System;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace TpmMigration.Tpm;

/// <summary>Hashes and HMACs named by TPM_ALG_ID: SHA-1, SHA-256, SHA-384 and SHA-512.</summary>
public static class TpmHash
{
    /// <summary>The size of a digest in bytes.</summary>
    /// <exception cref="UnsupportedAlgorithmException">The identifier names no hash this engine computes.</exception>
    public static int Size(TpmAlgId algorithm) => algorithm switch
    {
        TpmAlgId.Sha1 => 20,
        TpmAlgId.Sha256 => 32,
        TpmAlgId.Sha384 => 48,
        TpmAlgId.Sha512 => 64,
        _ => throw Unsupported(algorithm),
    };

    /// <summary>Whether this engine computes the hash.</summary>
    public static bool IsSupported(TpmAlgId algorithm) =>
        algorithm is TpmAlgId.Sha1 or TpmAlgId.Sha256 or TpmAlgId.Sha384 or TpmAlgId.Sha512;

    /// <summary>The digest of the parts, taken one after the other as one message.</summary>
    /// <exception cref="UnsupportedAlgorithmException">The identifier names no hash this engine computes.</exception>
    public static byte[] Digest(TpmAlgId algorithm, params byte[][] parts)
    {
#if NET
        // Of one piece it takes no object of the platform's: the many small digests of a command are as quick as they can be.
        byte[] message = Join(parts);
        try
        {
            return DigestOf(algorithm, message);
        }
        finally
        {
            Array.Clear(message, 0, message.Length);
        }
#else
        using HashAlgorithm hash = Create(algorithm);
        return Run(hash, parts);
#endif
    }

    /// <summary>The HMAC of the parts, taken one after the other as one message.</summary>
    /// <param name="algorithm">The hash inside the HMAC.</param>
    /// <param name="key">The key, of any length, the empty one included. It is not changed.</param>
    /// <param name="parts">The message.</param>
    /// <exception cref="UnsupportedAlgorithmException">The identifier names no hash this engine computes.</exception>
    public static byte[] Hmac(TpmAlgId algorithm, byte[] key, params byte[][] parts)
    {
        if (key is null) throw new ArgumentNullException(nameof(key));
#if NET
        byte[] message = Join(parts);
        try
        {
            return HmacOf(algorithm, key, message);
        }
        finally
        {
            Array.Clear(message, 0, message.Length);
        }
#else
        using HMAC hmac = CreateHmac(algorithm, key);
        return Run(hmac, parts);
#endif
    }

#if NET
    private static byte[] Join(byte[][] parts)
    {
        int length = 0;
        foreach (byte[] part in parts) length += part.Length;
        byte[] message = new byte[length];
        int at = 0;
        foreach (byte[] part in parts)
        {
            Buffer.BlockCopy(part, 0, message, at, part.Length);
            at += part.Length;
        }
        return message;
    }

    [SuppressMessage("Security", "CA5350", Justification = "TPMs name keys and policies with SHA-1 where their owner chose so.")]
    private static byte[] DigestOf(TpmAlgId algorithm, byte[] message) => algorithm switch
    {
        TpmAlgId.Sha1 => SHA1.HashData(message),
        TpmAlgId.Sha256 => SHA256.HashData(message),
        TpmAlgId.Sha384 => SHA384.HashData(message),
        TpmAlgId.Sha512 => SHA512.HashData(message),
        _ => throw Unsupported(algorithm),
    };

    [SuppressMessage("Security", "CA5350", Justification = "TPMs name keys and policies with SHA-1 where their owner chose so.")]
    private static byte[] HmacOf(TpmAlgId algorithm, byte[] key, byte[] message) => algorithm switch
    {
        TpmAlgId.Sha1 => HMACSHA1.HashData(key, message),
        TpmAlgId.Sha256 => HMACSHA256.HashData(key, message),
        TpmAlgId.Sha384 => HMACSHA384.HashData(key, message),
        TpmAlgId.Sha512 => HMACSHA512.HashData(key, message),
        _ => throw Unsupported(algorithm),
    };
#else
    private static byte[] Run(HashAlgorithm hash, byte[][] parts)
    {
        if (parts is null)
        {
            throw new ArgumentNullException(nameof(parts));
        }

        if (parts.Length == 1)
        {
            return hash.ComputeHash(parts[0]);
        }

        foreach (byte[] part in parts)
        {
            hash.TransformBlock(part, 0, part.Length, null, 0);
        }

        hash.TransformFinalBlock([], 0, 0);
        return hash.Hash!;
    }

    [SuppressMessage("Security", "CA5350", Justification = "TPMs name keys and policies with SHA-1 where their owner chose so.")]
    private static HMAC CreateHmac(TpmAlgId algorithm, byte[] key) => algorithm switch
    {
        TpmAlgId.Sha1 => new HMACSHA1(key),
        TpmAlgId.Sha256 => new HMACSHA256(key),
        TpmAlgId.Sha384 => new HMACSHA384(key),
        TpmAlgId.Sha512 => new HMACSHA512(key),
        _ => throw Unsupported(algorithm),
    };

    [SuppressMessage("Security", "CA5350", Justification = "TPMs name keys and policies with SHA-1 where their owner chose so.")]
    private static HashAlgorithm Create(TpmAlgId algorithm) => algorithm switch
    {
        TpmAlgId.Sha1 => SHA1.Create(),
        TpmAlgId.Sha256 => SHA256.Create(),
        TpmAlgId.Sha384 => SHA384.Create(),
        TpmAlgId.Sha512 => SHA512.Create(),
        _ => throw Unsupported(algorithm),
    };
#endif

    private static UnsupportedAlgorithmException Unsupported(TpmAlgId algorithm) => new(
        $"Hash algorithm {algorithm} (0x{(ushort)algorithm:X4}) is not supported; use SHA-1, SHA-256, SHA-384 or SHA-512.");
}
