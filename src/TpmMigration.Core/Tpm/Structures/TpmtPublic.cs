namespace TpmMigration.Tpm;

/// <summary>TPMT_PUBLIC: the public area of an object. TPM 2.0 Part 2, 12.2.4.</summary>
public sealed class TpmtPublic
{
    private byte[]? _name;

    public required TpmAlgId NameAlg { get; init; }

    public required TpmaObject ObjectAttributes { get; init; }

    /// <summary>A digest of the name algorithm's size, or empty.</summary>
    public byte[] AuthPolicy { get; init; } = [];

    public required TpmuPublicParms Parameters { get; init; }

    /// <summary>RSA: the modulus, big-endian. Keyed hash and symmetric cipher: a digest. ECC: empty, see <see cref="Point"/>.</summary>
    public byte[] Unique { get; init; } = [];

    /// <summary>The public point of an ECC key; null for other types.</summary>
    public TpmsEccPoint? Point { get; init; }

    public TpmAlgId Type => Parameters switch
    {
        TpmsRsaParms => TpmAlgId.Rsa,
        TpmsEccParms => TpmAlgId.Ecc,
        TpmsKeyedHashParms => TpmAlgId.KeyedHash,
        _ => TpmAlgId.SymCipher,
    };

    /// <summary>The name: name algorithm (2 bytes) and digest of the public area. TPM 2.0 Part 1, clause 16.</summary>
    public byte[] Name => _name ??= ObjectName.Of(NameAlg, Marshal());

    public bool Has(TpmaObject attributes) => (ObjectAttributes & attributes) == attributes;

    /// <summary>A storage key: restricted and decrypting, so it can be a parent.</summary>
    public bool IsStorageKey => Has(TpmaObject.Restricted | TpmaObject.Decrypt) && !Has(TpmaObject.Sign) && Type != TpmAlgId.SymCipher;

    /// <summary>The symmetric algorithm under which a storage key protects its children; Null for other keys.</summary>
    public TpmtSymDef Symmetric => Parameters switch
    {
        TpmsRsaParms rsa => rsa.Symmetric,
        TpmsEccParms ecc => ecc.Symmetric,
        TpmsSymCipherParms cipher => cipher.Sym,
        _ => TpmtSymDef.Null,
    };

    /// <summary>The bytes of TPMT_PUBLIC, without a size.</summary>
    public byte[] Marshal() => TpmWriter.Write(Write);

    /// <summary>The bytes of TPM2B_PUBLIC: a 2-byte size, then TPMT_PUBLIC.</summary>
    public byte[] MarshalSized() => TpmWriter.Write(w => w.WriteTpm2b(Marshal()));

    /// <exception cref="TpmWireException">The bytes are not one whole TPMT_PUBLIC.</exception>
    public static TpmtPublic Unmarshal(byte[] data) => TpmReader.ReadWhole(data, "The public area", Read);

    /// <summary>Reads a TPM2B_PUBLIC that fills <paramref name="data"/>.</summary>
    /// <exception cref="TpmWireException">The bytes are not one whole TPM2B_PUBLIC.</exception>
    public static TpmtPublic UnmarshalSized(byte[] data) => TpmReader.ReadWhole(data, "The public area", ReadSized);

    internal static TpmtPublic ReadSized(TpmReader reader)
    {
        TpmReader inner = reader.ReadTpm2bScope();
        TpmtPublic value = Read(inner);
        inner.EnsureEnd("The public area");
        return value;
    }

    internal static TpmtPublic Read(TpmReader reader)
    {
        TpmAlgId type = reader.ReadAlg();
        TpmAlgId nameAlg = reader.ReadAlg();
        var attributes = (TpmaObject)reader.ReadU32();
        byte[] policy = reader.ReadTpm2b();
        TpmuPublicParms parameters = TpmuPublicParms.Read(reader, type);
        bool ecc = type == TpmAlgId.Ecc;
        return new TpmtPublic
        {
            NameAlg = nameAlg,
            ObjectAttributes = attributes,
            AuthPolicy = policy,
            Parameters = parameters,
            Point = ecc ? TpmsEccPoint.Read(reader) : null,
            Unique = ecc ? [] : reader.ReadTpm2b(),
        };
    }

    internal void Write(TpmWriter writer)
    {
        writer.WriteAlg(Type);
        writer.WriteAlg(NameAlg);
        writer.WriteU32((uint)ObjectAttributes);
        writer.WriteTpm2b(AuthPolicy);
        Parameters.Write(writer);
        if (Type == TpmAlgId.Ecc)
            (Point ?? new TpmsEccPoint([], [])).Write(writer);
        else
            writer.WriteTpm2b(Unique);
    }
}
