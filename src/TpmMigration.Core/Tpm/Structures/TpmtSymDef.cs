namespace TpmMigration.Tpm;

/// <summary>TPMT_SYM_DEF and TPMT_SYM_DEF_OBJECT: a symmetric algorithm, or none. TPM 2.0 Part 2, 11.1.6 and 11.1.7.</summary>
/// <param name="Algorithm">AES, another block cipher, or Null.</param>
/// <param name="KeyBits">Key size in bits; 0 for Null.</param>
/// <param name="Mode">CFB where the TPM protects storage; Null for Null.</param>
public sealed record TpmtSymDef(TpmAlgId Algorithm, ushort KeyBits, TpmAlgId Mode)
{
    public static TpmtSymDef Null { get; } = new(TpmAlgId.Null, 0, TpmAlgId.Null);

    public static TpmtSymDef Aes128Cfb { get; } = new(TpmAlgId.Aes, 128, TpmAlgId.Cfb);

    public static TpmtSymDef Aes256Cfb { get; } = new(TpmAlgId.Aes, 256, TpmAlgId.Cfb);

    public bool IsNull => Algorithm == TpmAlgId.Null;

    internal static TpmtSymDef Read(TpmReader reader)
    {
        TpmAlgId algorithm = reader.ReadAlg();
        return algorithm switch
        {
            TpmAlgId.Null => Null,
            TpmAlgId.Aes or TpmAlgId.Sm4 or TpmAlgId.Camellia => new TpmtSymDef(algorithm, reader.ReadU16(), reader.ReadAlg()),
            _ => throw new TpmWireException($"0x{(ushort)algorithm:X4} is not a symmetric cipher of TPM 2.0."),
        };
    }

    internal void Write(TpmWriter writer)
    {
        writer.WriteAlg(Algorithm);
        if (IsNull) return;
        writer.WriteU16(KeyBits);
        writer.WriteAlg(Mode);
    }
}
