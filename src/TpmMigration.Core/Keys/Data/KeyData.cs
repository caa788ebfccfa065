using System;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Data that belongs to a key, in the clear: a password, certificates, a file. The content is cleared when it is disposed.</summary>
public sealed class KeyData : IDisposable
{
    /// <param name="type">See <see cref="KeyDataInfo"/>.</param>
    /// <param name="name">See <see cref="KeyDataInfo"/>.</param>
    /// <param name="mediaType">See <see cref="KeyDataInfo"/>.</param>
    /// <param name="content">Not copied, and cleared with this object.</param>
    /// <exception cref="KeyDataException">The type, name or media type cannot be used, or the content is too large.</exception>
    public KeyData(string type, string name, string mediaType, byte[] content)
    {
        if (content is null) throw new ArgumentNullException(nameof(content));
        Info = new KeyDataInfo(type, name, mediaType, content.Length);
        Content = content;
        Info.Check();
    }

    public KeyDataInfo Info { get; }

    public byte[] Content { get; }

    public void Dispose() => SecretBytes.Clear(Content);
}

/// <summary>Data of a key as it is stored and as it travels.</summary>
/// <param name="Info">What it is; the seal holds it to that.</param>
/// <param name="Content">Nonce (12 bytes), ciphertext, tag (16 bytes).</param>
internal sealed record SealedKeyData(KeyDataInfo Info, byte[] Content);
