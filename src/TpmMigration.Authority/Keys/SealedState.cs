using System;
using System.Security.Cryptography;
using System.Text;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Keys;

/// <summary>
/// What the service gives out and wants to see again: encrypted and authenticated (AES-256-GCM), so that it has nothing to store and instances side
/// by side understand each other. What was sealed for one purpose does not open for another.
/// </summary>
internal sealed class SealedState : IDisposable
{
    private const int NonceSize = 12, TagSize = 16, KeySize = 32;

    private readonly AesGcm _cipher;

    /// <param name="secret">Of the service, 32 bytes.</param>
    /// <param name="purpose">What it is for, ASCII.</param>
    internal SealedState(byte[] secret, string purpose)
    {
        byte[] key = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, KeySize, null, Encoding.ASCII.GetBytes("TPM MA state 1 " + purpose));
        _cipher = new AesGcm(key, TagSize);
        SecretBytes.Clear(key);
    }

    internal byte[] Seal(byte[] content)
    {
        byte[] nonce = SecretBytes.Random(NonceSize);
        byte[] result = new byte[content.Length + TagSize];
        lock (_cipher) _cipher.Encrypt(nonce, content, result.AsSpan(0, content.Length), result.AsSpan(content.Length));
        return [.. nonce, .. result];
    }

    /// <returns>Null if it was not sealed here for this purpose, or was altered.</returns>
    internal byte[]? Open(byte[] state)
    {
        if (state.Length < NonceSize + TagSize) return null;
        byte[] content = new byte[state.Length - NonceSize - TagSize];
        try
        {
            lock (_cipher) _cipher.Decrypt(state.AsSpan(0, NonceSize), state.AsSpan(NonceSize, content.Length), state.AsSpan(NonceSize + content.Length), content);
            return content;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    public void Dispose() => _cipher.Dispose();
}
