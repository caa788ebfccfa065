using System;
using TpmMigration.Tpm;

namespace TpmMigration.Packages;

/// <summary>
/// The statement of the source's attestation key that a migrating key is its TPM's: of TPM2_CertifyCreation or TPM2_Certify, with the package's id as
/// qualifying data. Without it anybody who came by a duplicate could put it into a package of their own. TPM 2.0 Part 3, 18.2 and 18.3.
/// </summary>
/// <param name="Statement">TPMS_ATTEST.</param>
/// <param name="Signature">Of the attestation key that certifies the platform's signing key.</param>
public sealed record KeyPossession(byte[] Statement, TpmtSignature Signature)
{
    /// <summary>What the statement must be made for: the 16 bytes of the package's id, in the order in which they are written.</summary>
    public static byte[] QualifyingData(Guid package) => Hex.TryParse(package.ToString("N"))!;
}
