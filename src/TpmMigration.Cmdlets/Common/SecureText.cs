using System;
using System.Runtime.InteropServices;
using System.Security;
using System.Text;

namespace TpmMigration.Cmdlets;

/// <summary>Passwords as the TPM takes them.</summary>
internal static class SecureText
{
    /// <summary>UTF-8, in an array that its owner clears. Null gives an empty array.</summary>
    internal static byte[] ToUtf8(SecureString? text)
    {
        if (text == null) return [];
        IntPtr plain = Marshal.SecureStringToGlobalAllocUnicode(text);
        char[] characters = new char[text.Length];
        try
        {
            Marshal.Copy(plain, characters, 0, characters.Length);
            return Encoding.UTF8.GetBytes(characters);
        }
        finally
        {
            Array.Clear(characters, 0, characters.Length);
            Marshal.ZeroFreeGlobalAllocUnicode(plain);
        }
    }

    /// <summary>UTF-8 as secure text, which the caller disposes.</summary>
    internal static SecureString FromUtf8(byte[] text)
    {
        char[] characters = Encoding.UTF8.GetChars(text);
        var result = new SecureString();
        foreach (char c in characters) result.AppendChar(c);
        Array.Clear(characters, 0, characters.Length);
        result.MakeReadOnly();
        return result;
    }
}
