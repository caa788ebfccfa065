namespace TpmMigration.Tpm;

/// <summary>TPMT_SIGNATURE of RSA (RSASSA, RSAPSS), ECC (ECDSA and kin) or HMAC. TPM 2.0 Part 2, 11.3.4.</summary>
/// <param name="SigAlg">The scheme; Null for no signature.</param>
/// <param name="Hash">The hash that was signed.</param>
/// <param name="R">ECC: r, big-endian. RSA: the signature, of the modulus' size. HMAC: the digest.</param>
/// <param name="S">ECC: s, big-endian; otherwise null.</param>
public sealed record TpmtSignature(TpmAlgId SigAlg, TpmAlgId Hash, byte[] R, byte[]? S = null)
{
    internal static TpmtSignature Read(TpmReader reader)
    {
        TpmAlgId scheme = reader.ReadAlg();
        return scheme switch
        {
            TpmAlgId.RsaSsa or TpmAlgId.RsaPss => new TpmtSignature(scheme, reader.ReadAlg(), reader.ReadTpm2b()),
            TpmAlgId.EcDsa or TpmAlgId.Sm2 or TpmAlgId.EcSchnorr or TpmAlgId.EcDaa =>
                new TpmtSignature(scheme, reader.ReadAlg(), reader.ReadTpm2b(), reader.ReadTpm2b()),
            TpmAlgId.Hmac => ReadHmac(reader),
            TpmAlgId.Null => new TpmtSignature(scheme, TpmAlgId.Null, []),
            _ => throw new TpmWireException($"0x{(ushort)scheme:X4} is not a signature scheme of TPM 2.0."),
        };
    }

    /// <exception cref="TpmWireException">The bytes are not one whole TPMT_SIGNATURE.</exception>
    public static TpmtSignature Unmarshal(byte[] data) => TpmReader.ReadWhole(data, "The signature", Read);

    public byte[] Marshal() => TpmWriter.Write(Write);

    internal void Write(TpmWriter writer)
    {
        writer.WriteAlg(SigAlg);
        if (SigAlg == TpmAlgId.Null) return;
        writer.WriteAlg(Hash);
        if (SigAlg == TpmAlgId.Hmac)
        {
            writer.WriteBytes(R);
            return;
        }
        writer.WriteTpm2b(R);
        if (S != null) writer.WriteTpm2b(S);
    }

    private static TpmtSignature ReadHmac(TpmReader reader)
    {
        TpmAlgId hash = reader.ReadAlg();
        return new TpmtSignature(TpmAlgId.Hmac, hash, reader.ReadBytes(TpmHash.Size(hash)));
    }
}
