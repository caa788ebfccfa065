namespace TpmMigration.Tpm;

/// <summary>TPMS_ATTEST of TPM2_Certify: a TPM's statement that an object with this name is loaded in it. TPM 2.0 Part 2, 10.12.12.</summary>
/// <param name="QualifiedSigner">The qualified name of the signing key.</param>
/// <param name="ExtraData">The qualifying data given by the caller.</param>
/// <param name="Name">The name of the certified object.</param>
/// <param name="QualifiedName">Its qualified name.</param>
public sealed record TpmsAttest(byte[] QualifiedSigner, byte[] ExtraData, byte[] Name, byte[] QualifiedName)
{
    private const uint GeneratedValue = 0xFF544347;

    // TPMS_CLOCK_INFO (clock, resetCount, restartCount, safe) and firmwareVersion: not needed to know which key was certified.
    private const int ClockInfoAndFirmwareSize = 8 + 4 + 4 + 1 + 8;

    /// <exception cref="TpmWireException">The bytes are not a statement of TPM2_Certify made by a TPM.</exception>
    public static TpmsAttest Unmarshal(byte[] data) => TpmReader.ReadWhole(data, "The attestation", reader =>
    {
        if (reader.ReadU32() != GeneratedValue)
            throw new TpmWireException("The attestation does not begin with TPM_GENERATED: no TPM made it.");
        if (reader.ReadU16() != (ushort)TpmSt.AttestCertify)
            throw new TpmWireException("The attestation is not one of TPM2_Certify.");
        byte[] signer = reader.ReadTpm2b();
        byte[] extra = reader.ReadTpm2b();
        reader.ReadBytes(ClockInfoAndFirmwareSize);
        return new TpmsAttest(signer, extra, reader.ReadTpm2b(), reader.ReadTpm2b());
    });
}
