using System;
using System.Text;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Crypto;

public class TpmHashTests
{
    [Theory]
    [InlineData(TpmAlgId.Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d")]
    [InlineData(TpmAlgId.Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData(TpmAlgId.Sha384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7")]
    [InlineData(
        TpmAlgId.Sha512,
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")]
    public void A_digest_is_that_of_all_parts_as_one_message(TpmAlgId algorithm, string expected)
    {
        // FIPS 180, the message "abc".
        byte[] digest = Convert.FromHexString(expected);
        Assert.Equal(digest, TpmHash.Digest(algorithm, Ascii("abc")));
        Assert.Equal(digest, TpmHash.Digest(algorithm, Ascii("a"), [], Ascii("bc"), []));
        Assert.Equal(digest.Length, TpmHash.Size(algorithm));
        Assert.Equal(TpmHash.Digest(algorithm, [[]]), TpmHash.Digest(algorithm));
    }

    [Theory]
    [InlineData(TpmAlgId.Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")]
    [InlineData(TpmAlgId.Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    [InlineData(TpmAlgId.Sha384, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649")]
    [InlineData(
        TpmAlgId.Sha512,
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737")]
    public void An_hmac_is_that_of_all_parts_as_one_message(TpmAlgId algorithm, string expected)
    {
        // RFC 2202 and RFC 4231, test case 2.
        byte[] message = Ascii("what do ya want for nothing?");
        Assert.Equal(Convert.FromHexString(expected), TpmHash.Hmac(algorithm, Ascii("Jefe"), message));
        Assert.Equal(Convert.FromHexString(expected), TpmHash.Hmac(algorithm, Ascii("Jefe"), message[..7], message[7..]));
    }

    [Fact]
    public void An_unknown_hash_is_refused_by_its_name()
    {
        Assert.Contains("Sm3256 (0x0012)", Assert.Throws<UnsupportedAlgorithmException>(() => TpmHash.Size(TpmAlgId.Sm3256)).Message, StringComparison.Ordinal);
        Assert.Throws<UnsupportedAlgorithmException>(() => TpmHash.Digest(TpmAlgId.Null, [1]));
        Assert.Throws<UnsupportedAlgorithmException>(() => TpmHash.Hmac((TpmAlgId)0x7777, [1], [1]));
    }

    [Fact]
    public void Comparison_finds_a_difference_in_any_byte_and_in_length()
    {
        byte[] bytes = SecretBytes.Random(32);
        Assert.True(SecretBytes.FixedTimeEquals(bytes, (byte[])bytes.Clone()));
        Assert.True(SecretBytes.FixedTimeEquals([], []));
        Assert.False(SecretBytes.FixedTimeEquals(bytes, bytes[..31]));
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] other = (byte[])bytes.Clone();
            other[i] ^= 0x80;
            Assert.False(SecretBytes.FixedTimeEquals(bytes, other));
        }
    }

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
}
