using System.Linq;
using System.Security.Cryptography;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Keys.Wrapping;

/// <summary>A key pair made in software, with the public and sensitive areas a TPM would give it.</summary>
internal sealed class SoftwareKey
{
    private const TpmaObject Storage = TpmaObject.UserWithAuth | TpmaObject.NoDa | TpmaObject.Restricted | TpmaObject.Decrypt;

    private SoftwareKey(TpmtPublic publicArea, AsymmetricPrivate privateKey, byte[] secret)
    {
        PublicArea = publicArea;
        Private = privateKey;
        Sensitive = TpmWriter.Write(writer =>
        {
            writer.WriteAlg(publicArea.Type);
            writer.WriteTpm2b([]);
            writer.WriteTpm2b([]);
            writer.WriteTpm2b(secret);
        });
    }

    public TpmtPublic PublicArea { get; }

    public AsymmetricPrivate Private { get; }

    /// <summary>A marshalled TPMT_SENSITIVE.</summary>
    public byte[] Sensitive { get; }

    public WrappingParent AsParent => WrappingParent.From(PublicArea);

    /// <param name="type">rsa (2048 bits), ecc (P-256) or ecc384.</param>
    /// <param name="nameAlg">Its name algorithm.</param>
    /// <param name="symmetricBits">Size of its AES key.</param>
    public static SoftwareKey Parent(string type, TpmAlgId nameAlg = TpmAlgId.Sha256, ushort symmetricBits = 128) =>
        Make(type, nameAlg, Storage, new TpmtSymDef(TpmAlgId.Aes, symmetricBits, TpmAlgId.Cfb));

    public static SoftwareKey Signing(string type, TpmAlgId nameAlg = TpmAlgId.Sha256, TpmaObject further = TpmaObject.None) =>
        Make(type, nameAlg, TpmaObject.UserWithAuth | TpmaObject.Sign | further, TpmtSymDef.Null);

    private static SoftwareKey Make(string type, TpmAlgId nameAlg, TpmaObject attributes, TpmtSymDef symmetric)
    {
        if (type == "rsa")
        {
            using RSA rsa = RSA.Create(2048);
            RSAParameters numbers = rsa.ExportParameters(true);
            TpmtPublic publicArea = new()
            {
                NameAlg = nameAlg,
                ObjectAttributes = attributes,
                Parameters = new TpmsRsaParms(symmetric, TpmtScheme.Null, 2048),
                Unique = numbers.Modulus!,
            };
            return new SoftwareKey(publicArea, new RsaPrivate(new RsaPublic(numbers.Modulus!, 0), numbers.P!), numbers.P!);
        }

        TpmEccCurve curve = type == "ecc384" ? TpmEccCurve.NistP384 : TpmEccCurve.NistP256;
        EccPrivate key = EccEngine.Default.NewKey(curve);
        TpmtPublic ecc = new()
        {
            NameAlg = nameAlg,
            ObjectAttributes = attributes,
            Parameters = new TpmsEccParms(symmetric, TpmtScheme.Null, curve, TpmtScheme.Null),
            Point = new TpmsEccPoint(key.PublicKey.X, key.PublicKey.Y),
        };
        return new SoftwareKey(ecc, key, key.Secret.ToArray());
    }
}
