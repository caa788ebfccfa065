namespace TpmMigration.Tpm;

/// <summary>TPMS_NV_PUBLIC. TPM 2.0 Part 2, 13.6.</summary>
/// <param name="NvIndex">The handle, 0x01xxxxxx.</param>
/// <param name="Attributes">TPMA_NV.</param>
/// <param name="DataSize">Size of the data in bytes.</param>
public sealed record TpmsNvPublic(uint NvIndex, TpmAlgId NameAlg, uint Attributes, byte[] AuthPolicy, ushort DataSize)
{
    /// <summary>TPMA_NV_AUTHREAD and TPMA_NV_WRITTEN: readable with the index's own (here: empty) authorization, and holding data.</summary>
    public bool CanBeReadWithItsOwnAuth => (Attributes & AuthRead) != 0 && (Attributes & Written) != 0;

    private const uint AuthRead = 1u << 18;
    private const uint Written = 1u << 29;

    internal static TpmsNvPublic ReadSized(TpmReader reader)
    {
        TpmReader inner = reader.ReadTpm2bScope();
        var value = new TpmsNvPublic(inner.ReadU32(), inner.ReadAlg(), inner.ReadU32(), inner.ReadTpm2b(), inner.ReadU16());
        inner.EnsureEnd("The NV public area");
        return value;
    }
}
