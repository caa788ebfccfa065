namespace TpmMigration.Tpm;

/// <summary>TPMS_ECC_POINT: affine coordinates, big-endian, each a sized buffer on the wire. TPM 2.0 Part 2, 11.2.5.2.</summary>
public sealed record TpmsEccPoint(byte[] X, byte[] Y)
{
    internal static TpmsEccPoint Read(TpmReader reader) => new(reader.ReadTpm2b(), reader.ReadTpm2b());

    internal void Write(TpmWriter writer)
    {
        writer.WriteTpm2b(X);
        writer.WriteTpm2b(Y);
    }
}
