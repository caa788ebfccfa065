using System;
using System.Text;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Puts content in the form that its type asks for, and refuses what cannot be of the type.</summary>
public static class KeyDataContent
{
    /// <param name="key">The key it is for.</param>
    /// <param name="type">One of <see cref="KeyDataType"/>, or another.</param>
    /// <param name="name">Null for the type's own.</param>
    /// <param name="mediaType">Null for the type's own.</param>
    /// <param name="content">As it was given. Cleared by this method unless it becomes the content of the result.</param>
    /// <exception cref="KeyDataException">It is not what the type asks for, is for another key, or has no name.</exception>
    public static KeyData Make(StoredKey key, string type, string? name, string? mediaType, byte[] content)
    {
        if (content is null) throw new ArgumentNullException(nameof(content));
        byte[] normal = content;
        try
        {
            new KeyDataInfo(type, name ?? KeyDataType.DefaultName(type) ?? string.Empty, mediaType ?? string.Empty, content.Length).Check();
            normal = Normalize(key, type, content);
            return new KeyData(type, name ?? KeyDataType.DefaultName(type)!, mediaType ?? KeyDataType.DefaultMediaType(type), normal);
        }
        catch
        {
            normal = [];
            throw;
        }
        finally
        {
            if (!ReferenceEquals(normal, content)) SecretBytes.Clear(content);
        }
    }

    private static byte[] Normalize(StoredKey key, string type, byte[] content)
    {
        switch (type)
        {
            case KeyDataType.KeyPassword:
                RequirePassword(content);
                return content;
            case KeyDataType.CertificateChain:
                return KeyCertificateChain.Normalize(content, key.PublicArea());
            case KeyDataType.KeyContainer:
                return KeyContainer.Parse(content).ToBytes();
            case KeyDataType.KeyFile:
                RequireKeyFile(content);
                return content;
            default:
                return content;
        }
    }

    private static void RequirePassword(byte[] content)
    {
        if (content.Length == 0) throw new KeyDataException(KeyDataFault.NotValid, "The password is empty. Give the one that the key has.");
        try
        {
            char[] text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetChars(content);
            Array.Clear(text, 0, text.Length);
        }
        catch (DecoderFallbackException)
        {
            // Its message would quote bytes of the password.
            throw new KeyDataException(KeyDataFault.NotValid, "A password is text in UTF-8.");
        }
    }

    private static void RequireKeyFile(byte[] content)
    {
        try
        {
            if (content.Length > 0 && content[0] == 0x30) TpmKeyFile.FromDer(content);
            else TpmKeyFile.FromPem(content);
        }
        catch (KeyFileException e)
        {
            throw new KeyDataException(KeyDataFault.NotValid, "The data is no TSS2 key file. " + e.Message, e);
        }
    }
}
