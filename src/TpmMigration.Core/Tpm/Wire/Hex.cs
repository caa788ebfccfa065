namespace TpmMigration.Tpm;

/// <summary>Lower-case hexadecimal, the written form of names and digests.</summary>
public static class Hex
{
    private const string Digits = "0123456789abcdef";

    public static string Format(byte[] data)
    {
        char[] text = new char[data.Length * 2];
        for (int i = 0; i < data.Length; i++) (text[2 * i], text[(2 * i) + 1]) = (Digits[data[i] >> 4], Digits[data[i] & 15]);
        return new string(text);
    }

    /// <summary>Null if the text is not an even number of lower-case hexadecimal digits.</summary>
    public static byte[]? TryParse(string text)
    {
        if (text.Length % 2 != 0) return null;
        byte[] data = new byte[text.Length / 2];
        for (int i = 0; i < text.Length; i++)
        {
            int digit = text[i] switch
            {
                >= '0' and <= '9' => text[i] - '0',
                >= 'a' and <= 'f' => text[i] - 'a' + 10,
                _ => -1,
            };
            if (digit < 0) return null;
            data[i / 2] = (byte)((data[i / 2] << 4) | digit);
        }
        return data;
    }
}
