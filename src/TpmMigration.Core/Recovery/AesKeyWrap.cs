using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;

namespace TpmMigration.Recovery;

/// <summary>AES key wrap: hides a key under another and shows whether either was altered. RFC 3394.</summary>
internal static class AesKeyWrap
{
    /// <param name="wrappingKey">16, 24 or 32 bytes.</param>
    /// <param name="key">16 bytes or more, whole blocks of 8.</param>
    /// <returns>8 bytes more than the key.</returns>
    internal static byte[] Wrap(byte[] wrappingKey, byte[] key)
    {
        var engine = new AesWrapEngine();
        engine.Init(true, new KeyParameter(wrappingKey));
        return engine.Wrap(key, 0, key.Length);
    }

    /// <returns>The key, which the caller clears; null if it was wrapped by another key or altered.</returns>
    internal static byte[]? TryUnwrap(byte[] wrappingKey, byte[] wrapped)
    {
        var engine = new AesWrapEngine();
        engine.Init(false, new KeyParameter(wrappingKey));
        try
        {
            return engine.Unwrap(wrapped, 0, wrapped.Length);
        }
        catch (InvalidCipherTextException)
        {
            return null;
        }
    }
}
