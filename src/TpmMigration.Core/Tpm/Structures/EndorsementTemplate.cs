using System.Collections.Generic;
using System.Linq;

namespace TpmMigration.Tpm;

/// <summary>
/// A default template of endorsement keys. The key in an endorsement certificate and its template are the whole public area of the key, so
/// that its TPM name is known without the TPM. TCG EK Credential Profile for TPM 2.0, 2.5, B.3 (low range) and B.4 (high range).
/// </summary>
public sealed class EndorsementTemplate
{
    // PolicyAuthorizeNV with the index 0x01C07F02: the second way to use a key of the high range, which is not gone here.
    private static readonly byte[] AuthorizedByIndex =
        Hex.TryParse("d6032ce61f2fb3c240eb3cf6a33237ef2b6a16f4293c22b455e261cffd217ad5b4947c2d73e63005eed2dc2b3593d165")!;

    private EndorsementTemplate(string name, TpmAlgId nameAlg, TpmuPublicParms parameters, bool highRange, int unique)
    {
        PolicyDigest policy = new PolicyDigest(nameAlg).Secret(TpmHandle.Endorsement.Name, []);
        Name = name;
        PolicyBranches = highRange ? [policy.Value, AuthorizedByIndex] : [];
        bool ecc = parameters is TpmsEccParms;
        PublicArea = new TpmtPublic
        {
            NameAlg = nameAlg,
            ObjectAttributes = TpmaObject.FixedTpm | TpmaObject.FixedParent | TpmaObject.SensitiveDataOrigin | TpmaObject.AdminWithPolicy
                | TpmaObject.Restricted | TpmaObject.Decrypt | (highRange ? TpmaObject.UserWithAuth : TpmaObject.None),
            AuthPolicy = highRange ? policy.Or(PolicyBranches).Value : policy.Value,
            Parameters = parameters,
            Unique = ecc ? [] : new byte[unique],
            Point = ecc ? new TpmsEccPoint(new byte[unique], new byte[unique]) : null,
        };
    }

    /// <summary>RSA 2048, low range.</summary>
    public static EndorsementTemplate Rsa2048 { get; } = new("L-1", TpmAlgId.Sha256, Rsa(2048, TpmtSymDef.Aes128Cfb), false, 256);

    /// <summary>ECC P-256, low range.</summary>
    public static EndorsementTemplate EccP256 { get; } = new("L-2", TpmAlgId.Sha256, Ecc(TpmEccCurve.NistP256, TpmtSymDef.Aes128Cfb), false, 32);

    /// <summary>ECC P-384, high range.</summary>
    public static EndorsementTemplate EccP384 { get; } = new("H-3", TpmAlgId.Sha384, Ecc(TpmEccCurve.NistP384, TpmtSymDef.Aes256Cfb), true, 0);

    /// <summary>RSA 3072, high range.</summary>
    public static EndorsementTemplate Rsa3072 { get; } = new("H-6", TpmAlgId.Sha384, Rsa(3072, TpmtSymDef.Aes256Cfb), true, 0);

    /// <summary>One for each kind of key, so that a key tells its template. High-range keys of RSA 2048 and ECC P-256 are therefore not among them.</summary>
    public static IReadOnlyList<EndorsementTemplate> All { get; } = [Rsa2048, EccP256, EccP384, Rsa3072];

    /// <summary>The profile's name of it.</summary>
    public string Name { get; }

    /// <summary>What TPM2_CreatePrimary takes to make the key.</summary>
    public TpmtPublic PublicArea { get; }

    /// <summary>The digests that PolicyOR joins, PolicySecret(TPM_RH_ENDORSEMENT) first; empty where the policy is that alone.</summary>
    public IReadOnlyList<byte[]> PolicyBranches { get; }

    /// <summary>The template a public area was made from, or null if it is no endorsement key of these templates.</summary>
    public static EndorsementTemplate? Of(TpmtPublic key) => All.FirstOrDefault(template => template.Made(key));

    /// <summary>The public area of the endorsement key with these numbers; null if no template is for such keys.</summary>
    public static TpmtPublic? PublicAreaOf(AsymmetricPublic key) => key switch
    {
        RsaPublic { Exponent: RsaPublic.DefaultExponent, Modulus.Length: 256 } rsa => Rsa2048.With(rsa.Modulus, null),
        RsaPublic { Exponent: RsaPublic.DefaultExponent, Modulus.Length: 384 } rsa => Rsa3072.With(rsa.Modulus, null),
        EccPublic { Curve: TpmEccCurve.NistP256 } ecc => EccP256.With([], new TpmsEccPoint(ecc.X, ecc.Y)),
        EccPublic { Curve: TpmEccCurve.NistP384 } ecc => EccP384.With([], new TpmsEccPoint(ecc.X, ecc.Y)),
        _ => null,
    };

    private bool Made(TpmtPublic key) =>
        key.NameAlg == PublicArea.NameAlg && key.ObjectAttributes == PublicArea.ObjectAttributes && key.Parameters.Equals(PublicArea.Parameters)
        && SecretBytes.FixedTimeEquals(key.AuthPolicy, PublicArea.AuthPolicy);

    private TpmtPublic With(byte[] unique, TpmsEccPoint? point) => new()
    {
        NameAlg = PublicArea.NameAlg,
        ObjectAttributes = PublicArea.ObjectAttributes,
        AuthPolicy = PublicArea.AuthPolicy,
        Parameters = PublicArea.Parameters,
        Unique = unique,
        Point = point,
    };

    private static TpmsRsaParms Rsa(ushort bits, TpmtSymDef symmetric) => new(symmetric, TpmtScheme.Null, bits);

    private static TpmsEccParms Ecc(TpmEccCurve curve, TpmtSymDef symmetric) => new(symmetric, TpmtScheme.Null, curve, TpmtScheme.Null);
}
