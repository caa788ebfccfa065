namespace TpmMigration.Tpm;

/// <summary>TPMU_PUBLIC_PARMS: what a key type needs to know of itself. TPM 2.0 Part 2, 12.2.3.</summary>
public abstract record TpmuPublicParms
{
    internal static TpmuPublicParms Read(TpmReader reader, TpmAlgId type) => type switch
    {
        TpmAlgId.Rsa => new TpmsRsaParms(TpmtSymDef.Read(reader), TpmtScheme.Read(reader), reader.ReadU16(), reader.ReadU32()),
        TpmAlgId.Ecc => new TpmsEccParms(TpmtSymDef.Read(reader), TpmtScheme.Read(reader), (TpmEccCurve)reader.ReadU16(), TpmtScheme.Read(reader)),
        TpmAlgId.KeyedHash => TpmsKeyedHashParms.ReadParms(reader),
        TpmAlgId.SymCipher => new TpmsSymCipherParms(TpmtSymDef.Read(reader)),
        _ => throw new TpmWireException($"0x{(ushort)type:X4} is not an object type of TPM 2.0."),
    };

    internal abstract void Write(TpmWriter writer);
}

/// <summary>TPMS_RSA_PARMS. <paramref name="Exponent"/> 0 stands for 65537. TPM 2.0 Part 2, 12.2.3.5.</summary>
public sealed record TpmsRsaParms(TpmtSymDef Symmetric, TpmtScheme Scheme, ushort KeyBits, uint Exponent = 0) : TpmuPublicParms
{
    public uint EffectiveExponent => Exponent == 0 ? 65537 : Exponent;

    internal override void Write(TpmWriter writer)
    {
        Symmetric.Write(writer);
        Scheme.Write(writer);
        writer.WriteU16(KeyBits);
        writer.WriteU32(Exponent);
    }
}

/// <summary>TPMS_ECC_PARMS. TPM 2.0 Part 2, 12.2.3.6.</summary>
public sealed record TpmsEccParms(TpmtSymDef Symmetric, TpmtScheme Scheme, TpmEccCurve CurveId, TpmtScheme Kdf) : TpmuPublicParms
{
    internal override void Write(TpmWriter writer)
    {
        Symmetric.Write(writer);
        Scheme.Write(writer);
        writer.WriteU16((ushort)CurveId);
        Kdf.Write(writer);
    }
}

/// <summary>TPMS_KEYEDHASH_PARMS: HMAC, XOR (with its KDF) or, for sealed data, Null. TPM 2.0 Part 2, 12.2.3.3.</summary>
public sealed record TpmsKeyedHashParms(TpmAlgId Scheme, TpmAlgId HashAlg, TpmAlgId Kdf) : TpmuPublicParms
{
    public static TpmsKeyedHashParms SealedData { get; } = new(TpmAlgId.Null, TpmAlgId.Null, TpmAlgId.Null);

    internal static TpmsKeyedHashParms ReadParms(TpmReader reader)
    {
        TpmAlgId scheme = reader.ReadAlg();
        return scheme switch
        {
            TpmAlgId.Null => SealedData,
            TpmAlgId.Hmac => new TpmsKeyedHashParms(scheme, reader.ReadAlg(), TpmAlgId.Null),
            TpmAlgId.Xor => new TpmsKeyedHashParms(scheme, reader.ReadAlg(), reader.ReadAlg()),
            _ => throw new TpmWireException($"0x{(ushort)scheme:X4} is not a keyed-hash scheme of TPM 2.0."),
        };
    }

    internal override void Write(TpmWriter writer)
    {
        writer.WriteAlg(Scheme);
        if (Scheme == TpmAlgId.Null) return;
        writer.WriteAlg(HashAlg);
        if (Scheme == TpmAlgId.Xor) writer.WriteAlg(Kdf);
    }
}

/// <summary>TPMS_SYMCIPHER_PARMS. TPM 2.0 Part 2, 11.1.9.</summary>
public sealed record TpmsSymCipherParms(TpmtSymDef Sym) : TpmuPublicParms
{
    internal override void Write(TpmWriter writer) => Sym.Write(writer);
}
