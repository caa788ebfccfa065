namespace TpmMigration.Tpm;

/// <summary>TPMS_ATTEST: what a TPM states and signs. TPM 2.0 Part 2, 10.12.12.</summary>
/// <param name="QualifiedSigner">The qualified name of the signing key.</param>
/// <param name="ExtraData">The qualifying data given by the caller.</param>
/// <param name="Attested">What is stated.</param>
public sealed record TpmsAttest(byte[] QualifiedSigner, byte[] ExtraData, TpmuAttest Attested)
{
    private const uint GeneratedValue = 0xFF544347;

    // TPMS_CLOCK_INFO (clock, resetCount, restartCount, safe) and firmwareVersion: not needed to know which key is meant.
    private const int ClockInfoAndFirmwareSize = 8 + 4 + 4 + 1 + 8;

    /// <exception cref="TpmWireException">The bytes are no statement of TPM2_Certify or TPM2_CertifyCreation made by a TPM.</exception>
    public static TpmsAttest Unmarshal(byte[] data) => TpmReader.ReadWhole(data, "The attestation", reader =>
    {
        if (reader.ReadU32() != GeneratedValue)
            throw new TpmWireException("The attestation does not begin with TPM_GENERATED: no TPM made it.");
        var type = (TpmSt)reader.ReadU16();
        byte[] signer = reader.ReadTpm2b();
        byte[] extra = reader.ReadTpm2b();
        reader.ReadBytes(ClockInfoAndFirmwareSize);
        return new TpmsAttest(signer, extra, type switch
        {
            TpmSt.AttestCertify => new TpmsCertifyInfo(reader.ReadTpm2b(), reader.ReadTpm2b()),
            TpmSt.AttestCreation => new TpmsCreationInfo(reader.ReadTpm2b(), reader.ReadTpm2b()),
            _ => throw new TpmWireException("The attestation is neither one of TPM2_Certify nor one of TPM2_CertifyCreation."),
        });
    });

    /// <summary>What the attestation states, if it states this.</summary>
    /// <exception cref="TpmWireException">It states something else.</exception>
    public T As<T>() where T : TpmuAttest =>
        Attested as T ?? throw new TpmWireException(typeof(T) == typeof(TpmsCertifyInfo) ? "The attestation is not one of TPM2_Certify." : "The attestation is not one of TPM2_CertifyCreation.");
}

/// <summary>TPMU_ATTEST: what a TPM states. TPM 2.0 Part 2, 10.12.11.</summary>
public abstract record TpmuAttest
{
    private protected TpmuAttest() { }
}

/// <summary>TPMS_CERTIFY_INFO: an object is loaded. TPM 2.0 Part 2, 10.12.3.</summary>
/// <param name="Name">The name of the certified object.</param>
/// <param name="QualifiedName">Its qualified name.</param>
public sealed record TpmsCertifyInfo(byte[] Name, byte[] QualifiedName) : TpmuAttest;

/// <summary>TPMS_CREATION_INFO: the TPM made an object. TPM 2.0 Part 2, 10.12.7.</summary>
/// <param name="ObjectName">The name of the object.</param>
/// <param name="CreationHash">The digest of its creation data.</param>
public sealed record TpmsCreationInfo(byte[] ObjectName, byte[] CreationHash) : TpmuAttest;
