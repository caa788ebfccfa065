namespace TpmMigration.Tpm;

/// <summary>TPMT_RSA_SCHEME, TPMT_ECC_SCHEME, TPMT_SIG_SCHEME, TPMT_KDF_SCHEME: a scheme and its hash. TPM 2.0 Part 2, 11.2.</summary>
/// <param name="Scheme">Null leaves the choice to the caller of the key.</param>
/// <param name="HashAlg">The hash; Null for a scheme without one (Null, RSAES).</param>
/// <param name="Count">The commitment counter of ECDAA; otherwise 0.</param>
public sealed record TpmtScheme(TpmAlgId Scheme, TpmAlgId HashAlg, ushort Count = 0)
{
    public static TpmtScheme Null { get; } = new(TpmAlgId.Null, TpmAlgId.Null);

    public bool IsNull => Scheme == TpmAlgId.Null;

    private bool HasHash => Scheme is not (TpmAlgId.Null or TpmAlgId.RsaEs);

    internal static TpmtScheme Read(TpmReader reader)
    {
        TpmAlgId scheme = reader.ReadAlg();
        return scheme switch
        {
            TpmAlgId.Null => Null,
            TpmAlgId.RsaEs => new TpmtScheme(scheme, TpmAlgId.Null),
            TpmAlgId.EcDaa => new TpmtScheme(scheme, reader.ReadAlg(), reader.ReadU16()),
            TpmAlgId.RsaSsa or TpmAlgId.RsaPss or TpmAlgId.Oaep or TpmAlgId.EcDsa or TpmAlgId.EcDh or TpmAlgId.Sm2
                or TpmAlgId.EcSchnorr or TpmAlgId.EcMqv or TpmAlgId.Hmac or TpmAlgId.Mgf1 or TpmAlgId.Kdf1Sp80056A
                or TpmAlgId.Kdf2 or TpmAlgId.Kdf1Sp800108 => new TpmtScheme(scheme, reader.ReadAlg()),
            _ => throw new TpmWireException($"0x{(ushort)scheme:X4} is not a scheme of TPM 2.0."),
        };
    }

    internal void Write(TpmWriter writer)
    {
        writer.WriteAlg(Scheme);
        if (HasHash) writer.WriteAlg(HashAlg);
        if (Scheme == TpmAlgId.EcDaa) writer.WriteU16(Count);
    }
}
