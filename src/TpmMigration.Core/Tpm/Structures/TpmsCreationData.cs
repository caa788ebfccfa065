namespace TpmMigration.Tpm;

/// <summary>TPMS_CREATION_DATA: the circumstances in which a TPM made an object. TPM 2.0 Part 2, 15.1.</summary>
/// <param name="ParentName">The name of the parent; of a primary object, the handle of its hierarchy.</param>
/// <param name="ParentQualifiedName">The qualified name of the parent.</param>
/// <param name="OutsideInfo">What the creator gave along.</param>
public sealed record TpmsCreationData(byte[] ParentName, byte[] ParentQualifiedName, byte[] OutsideInfo)
{
    /// <exception cref="TpmWireException">The bytes are not one whole TPMS_CREATION_DATA.</exception>
    public static TpmsCreationData Unmarshal(byte[] data) => TpmReader.ReadWhole(data, "The creation data", reader =>
    {
        // TPML_PCR_SELECTION: for each, a hash and a sized bit map. A count beyond the bytes at hand ends the reading.
        for (uint left = reader.ReadU32(); left > 0; left--)
        {
            reader.ReadAlg();
            reader.ReadBytes(reader.ReadU8());
        }
        reader.ReadTpm2b(); // pcrDigest
        reader.ReadU8(); // locality
        reader.ReadAlg(); // parentNameAlg
        return new TpmsCreationData(reader.ReadTpm2b(), reader.ReadTpm2b(), reader.ReadTpm2b());
    });
}
