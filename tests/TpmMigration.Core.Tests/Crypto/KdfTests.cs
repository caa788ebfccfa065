using System;
using System.Text.Json;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Crypto;

public class KdfTests
{
    [Fact]
    public void KdfA_gives_the_result_of_every_vector()
    {
        foreach (JsonElement vector in VectorFile.Read("kdfa.json", 100))
        {
            byte[] result = Kdf.KdfA(
                (TpmAlgId)vector.Number("HashAlg"),
                vector.Bytes("Key"),
                vector.Text("Label"),
                vector.Bytes("ContextU"),
                vector.Bytes("ContextV"),
                vector.Number("Bits"));
            Assert.True(vector.Text("Result") == Convert.ToHexStringLower(result), vector.Text("Name"));
        }
    }

    [Fact]
    public void KdfE_gives_the_result_of_every_vector()
    {
        foreach (JsonElement vector in VectorFile.Read("kdfe.json", 100))
        {
            byte[] result = Kdf.KdfE(
                (TpmAlgId)vector.Number("HashAlg"),
                vector.Bytes("Z"),
                vector.Text("Label"),
                vector.Bytes("ContextU"),
                vector.Bytes("ContextV"),
                vector.Number("Bits"));
            Assert.True(vector.Text("Result") == Convert.ToHexStringLower(result), vector.Text("Name"));
        }
    }

    [Fact]
    public void An_absent_context_is_the_empty_one()
    {
        byte[] key = [1, 2, 3];
        Assert.Equal(
            Kdf.KdfA(TpmAlgId.Sha256, key, "STORAGE", [], [], 256),
            Kdf.KdfA(TpmAlgId.Sha256, key, "STORAGE", null, null, 256));
        Assert.Equal(
            Kdf.KdfE(TpmAlgId.Sha256, key, "STORAGE", [], [], 256),
            Kdf.KdfE(TpmAlgId.Sha256, key, "STORAGE", null, null, 256));
    }

    [Fact]
    public void An_unknown_hash_and_a_negative_size_are_refused()
    {
        Assert.Throws<UnsupportedAlgorithmException>(() => Kdf.KdfA(TpmAlgId.Sm3256, [1], "X", null, null, 8));
        Assert.Throws<UnsupportedAlgorithmException>(() => Kdf.KdfE(TpmAlgId.Null, [1], "X", null, null, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => Kdf.KdfA(TpmAlgId.Sha256, [1], "X", null, null, -1));
    }
}
