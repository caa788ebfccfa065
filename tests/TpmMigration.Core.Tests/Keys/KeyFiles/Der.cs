using System;
using System.Linq;
using System.Text;

namespace TpmMigration.Tests.Keys.KeyFiles;

/// <summary>DER put together by hand, right or wrong, for key file cases.</summary>
internal static class Der
{
    public static readonly byte[] Loadable = Convert.FromHexString("06066781050A0103");
    public static readonly byte[] Importable = Convert.FromHexString("06066781050A0104");
    public static readonly byte[] Sealed = Convert.FromHexString("06066781050A0105");
    public static readonly byte[] EmptyAuth = Convert.FromHexString("A0030101FF");
    public static readonly byte[] Owner = Convert.FromHexString("020440000001");
    public static readonly byte[] Public = Convert.FromHexString("04060004AABBCCDD");
    public static readonly byte[] Private = Convert.FromHexString("04050003112233");
    public static readonly byte[] Secret = Convert.FromHexString("A20604040002EEFF");
    public static readonly byte[] Description = Explicit(4, Tlv(0x0C, Encoding.UTF8.GetBytes("Schlüssel")));
    public static readonly byte[] Step = Tlv(0x30, Convert.FromHexString("A0040202016BA1020400"));
    public static readonly byte[] Policy = Explicit(1, Tlv(0x30, Step));
    public static readonly byte[] AuthPolicy = Explicit(3, Tlv(0x30, Tlv(0x30, Explicit(0, Tlv(0x0C, Encoding.UTF8.GetBytes("duplicate"))), Explicit(1, Tlv(0x30, Step, Step)))));
    public static readonly byte[] RsaParent = Explicit(5, Convert.FromHexString("010100"));

    public static byte[] Tlv(byte tag, params byte[][] content)
    {
        byte[] value = content.SelectMany(c => c).ToArray();
        byte[] length = value.Length < 0x80 ? [(byte)value.Length] : value.Length < 0x100 ? [0x81, (byte)value.Length] : [0x82, (byte)(value.Length >> 8), (byte)value.Length];
        return [tag, .. length, .. value];
    }

    public static byte[] Explicit(int number, byte[] content) => Tlv((byte)(0xA0 + number), content);

    public static byte[] Key(params byte[][] fields) => Tlv(0x30, fields);

    /// <summary>A whole file around a TPMKey.</summary>
    public static string Pem(byte[] der) =>
        "-----BEGIN TSS2 PRIVATE KEY-----\n" + Convert.ToBase64String(der) + "\n-----END TSS2 PRIVATE KEY-----\n";
}
