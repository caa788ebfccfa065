namespace TpmMigration.Tpm;

/// <summary>The mask generation function of OAEP and PSS. RFC 8017, B.2.1.</summary>
internal static class Mgf1
{
    /// <summary>Combines (exclusive or) a part of the array with the mask that a seed makes.</summary>
    public static void Apply(TpmAlgId hash, byte[] seed, byte[] target, int offset, int count)
    {
        byte[] counter = new byte[4];
        for (int done = 0; done < count;)
        {
            byte[] block = TpmHash.Digest(hash, seed, counter);
            for (int i = 0; i < block.Length && done < count; i++, done++)
            {
                target[offset + done] ^= block[i];
            }

            SecretBytes.Clear(block);
            counter[3]++;
        }
    }
}
