namespace TpmMigration.Tpm;

/// <summary>TPM_ECC_CURVE, 2 bytes on the wire. TPM 2.0 Part 2, 6.4.</summary>
public enum TpmEccCurve : ushort
{
    None = 0x0000,
    NistP192 = 0x0001,
    NistP224 = 0x0002,
    NistP256 = 0x0003,
    NistP384 = 0x0004,
    NistP521 = 0x0005,
    BnP256 = 0x0010,
    BnP638 = 0x0011,
    Sm2P256 = 0x0020,
}
