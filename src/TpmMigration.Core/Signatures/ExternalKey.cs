using TpmMigration.Tpm;

namespace TpmMigration.Signatures;

/// <summary>
/// The public area of an authority's key, in the form in which every program loads such a key into a TPM (tpm2_loadexternal does), so that
/// all compute the same TPM name.
/// </summary>
internal static class ExternalKey
{
    // RSA 2048 and P-256 are what each TPM verifies.
    private const int RsaBytes = 2048 / 8;

    /// <returns>userWithAuth, decrypt and sign, no scheme, name algorithm SHA-256.</returns>
    /// <exception cref="SignatureException">The key is none that every TPM verifies.</exception>
    internal static TpmtPublic ToPublicArea(AsymmetricPublic key) => new()
    {
        NameAlg = TpmAlgId.Sha256,
        ObjectAttributes = TpmaObject.UserWithAuth | TpmaObject.Decrypt | TpmaObject.Sign,
        Parameters = key switch
        {
            RsaPublic { Modulus.Length: RsaBytes, Exponent: RsaPublic.DefaultExponent } => new TpmsRsaParms(TpmtSymDef.Null, TpmtScheme.Null, RsaBytes * 8, RsaPublic.DefaultExponent),
            EccPublic { Curve: TpmEccCurve.NistP256 } => new TpmsEccParms(TpmtSymDef.Null, TpmtScheme.Null, TpmEccCurve.NistP256, TpmtScheme.Null),
            _ => throw new SignatureException(SignatureFault.Key, "The key of a Migration Selection Authority is RSA 2048 with the exponent 65537, or ECC P-256: those every TPM can verify. Give the authority such a key."),
        },
        Unique = key is RsaPublic rsa ? rsa.Modulus : [],
        Point = key is EccPublic ecc ? new TpmsEccPoint(ecc.X, ecc.Y) : null,
    };
}
