using System;
using System.Text;
using Org.BouncyCastle.OpenSsl;

namespace TpmMigration.Keys;

/// <summary>The password of a file as characters, cleared when disposed.</summary>
internal sealed class SourcePassword : IPasswordFinder, IDisposable
{
    /// <param name="utf8">The password.</param>
    /// <param name="oneCharacterPerByte">
    /// For schemes that derive a key from bytes: the library takes the low byte of each character, so that passwords with letters
    /// beyond ASCII come out as other programs write them, in UTF-8. PKCS#12 takes characters as they are.
    /// </param>
    internal SourcePassword(byte[] utf8, bool oneCharacterPerByte)
    {
        if (oneCharacterPerByte)
        {
            Characters = new char[utf8.Length];
            for (int i = 0; i < utf8.Length; i++) Characters[i] = (char)utf8[i];
        }
        else
        {
            Characters = Encoding.UTF8.GetChars(utf8);
        }
    }

    internal char[] Characters { get; }

    public char[] GetPassword() => (char[])Characters.Clone();

    public void Dispose() => Array.Clear(Characters, 0, Characters.Length);

    internal static void Require(byte[] password)
    {
        if (password.Length == 0)
            throw new KeySourceException(KeySourceFault.PasswordNeeded, "The file is encrypted, and no password was given. Give it with -FilePassword.");
    }

    internal static KeySourceException Wrong(Exception cause) =>
        new(KeySourceFault.WrongPassword, "The password does not open the file, or the file is damaged. Give the right one with -FilePassword.", cause);
}
