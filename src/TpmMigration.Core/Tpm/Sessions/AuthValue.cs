using System;

namespace TpmMigration.Tpm;

/// <summary>Authorization values as the TPM counts them. TPM 2.0 Part 1, 19.6.4.3: trailing zero bytes do not count.</summary>
public static class AuthValue
{
    internal static byte[] Trim(byte[] value)
    {
        int length = value.Length;
        while (length > 0 && value[length - 1] == 0) length--;
        if (length == value.Length) return value;
        byte[] trimmed = new byte[length];
        Buffer.BlockCopy(value, 0, trimmed, 0, length);
        return trimmed;
    }
}
