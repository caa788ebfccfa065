using System;
using System.Linq;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Crypto;

public class AesCfbTests
{
    // SP 800-38A, F.3.13 to F.3.18.
    private const string Plain =
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

    private static readonly byte[] Vector = Convert.FromHexString("000102030405060708090a0b0c0d0e0f");

    [Theory]
    [InlineData(
        "2b7e151628aed2a6abf7158809cf4f3c",
        "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b26751f67a3cbb140b1808cf187a4f4dfc04b05357c5d1c0eeac4c66f9ff7f2e6")]
    [InlineData(
        "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
        "cdc80d6fddf18cab34c25909c99a417467ce7f7f81173621961a2b70171d3d7a2e1e8a1dd59b88b1c8e60fed1efac4c9c05f9f9ca9834fa042ae8fba584b09ff")]
    [InlineData(
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
        "dc7e84bfda79164b7ecd8486985d386039ffed143b28b1c832113c6331e5407bdf10132415e54b92a13ed0a8267ae2f975a385741ab9cef82031623d55b1e471")]
    public void Each_key_size_gives_the_published_result_at_every_length(string key, string cipher)
    {
        byte[] keyBytes = Convert.FromHexString(key);
        byte[] plain = Convert.FromHexString(Plain);
        byte[] encrypted = Convert.FromHexString(cipher);
        for (int length = 0; length <= plain.Length; length++)
        {
            // The mode has no padding, so a shorter message has the beginning of the longer one's result.
            Assert.Equal(encrypted[..length], AesCfb.Encrypt(keyBytes, Vector, plain[..length]));
            Assert.Equal(plain[..length], AesCfb.Decrypt(keyBytes, Vector, encrypted[..length]));
        }
    }

    [Fact]
    public void Nothing_given_is_changed()
    {
        byte[] key = new byte[16];
        byte[] vector = new byte[16];
        byte[] data = new byte[100];
        AesCfb.Encrypt(key, vector, data);
        AesCfb.Decrypt(key, vector, data);
        Assert.All(key.Concat(vector).Concat(data), value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(0, 16)]
    [InlineData(15, 16)]
    [InlineData(33, 16)]
    [InlineData(16, 15)]
    [InlineData(16, 17)]
    public void A_key_or_vector_of_a_wrong_size_is_refused(int keySize, int vectorSize)
    {
        Assert.Throws<ArgumentException>(() => AesCfb.Encrypt(new byte[keySize], new byte[vectorSize], [1]));
        Assert.Throws<ArgumentException>(() => AesCfb.Decrypt(new byte[keySize], new byte[vectorSize], [1]));
    }
}
