namespace TpmMigration.Tpm;

/// <summary>TPMT_TK_AUTH, TPMT_TK_VERIFIED, TPMT_TK_HASHCHECK: the TPM's own word for something it saw. TPM 2.0 Part 2, 10.7.</summary>
/// <param name="Tag">What was seen: AuthSecret, AuthSigned, Verified, HashCheck.</param>
/// <param name="Hierarchy">The hierarchy whose proof made the ticket; Null hierarchy for a null ticket.</param>
/// <param name="Digest">The HMAC, of the size of the TPM's integrity hash; empty for a null ticket.</param>
public sealed record TpmtTicket(TpmSt Tag, uint Hierarchy, byte[] Digest)
{
    /// <summary>The null ticket that says: the digest to be signed was not made by this TPM.</summary>
    public static TpmtTicket NullHashCheck { get; } = new(TpmSt.HashCheck, TpmHandle.Null.Value, []);

    public bool IsNull => Digest.Length == 0;

    internal static TpmtTicket Read(TpmReader reader) => new((TpmSt)reader.ReadU16(), reader.ReadU32(), reader.ReadTpm2b());

    /// <exception cref="TpmWireException">The bytes are not one whole ticket.</exception>
    public static TpmtTicket Unmarshal(byte[] data) => TpmReader.ReadWhole(data, "The ticket", Read);

    public byte[] Marshal() => TpmWriter.Write(Write);

    internal void Write(TpmWriter writer)
    {
        writer.WriteU16((ushort)Tag);
        writer.WriteU32(Hierarchy);
        writer.WriteTpm2b(Digest);
    }
}
