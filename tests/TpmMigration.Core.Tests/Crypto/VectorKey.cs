using TpmMigration.Tpm;

namespace TpmMigration.Tests.Crypto;

/// <summary>The key of a secret sharing vector: a TPMT_PUBLIC and a TPMT_SENSITIVE, RSA or ECC.</summary>
internal sealed class VectorKey
{
    public VectorKey(byte[] publicArea, byte[] sensitiveArea)
    {
        TpmtPublic key = TpmtPublic.Unmarshal(publicArea);
        SharingHash = key.SharingHash();
        AsymmetricPublic numbers = key.ToAsymmetric();
        TpmReader sensitive = new(sensitiveArea);
        sensitive.ReadAlg();
        sensitive.ReadTpm2b();
        sensitive.ReadTpm2b();
        byte[] secret = sensitive.ReadTpm2b();
        sensitive.EnsureEnd("The sensitive area");
        Private = numbers is RsaPublic rsa ? new RsaPrivate(rsa, secret) : new EccPrivate((EccPublic)numbers, secret);
    }

    public TpmAlgId SharingHash { get; }

    public AsymmetricPrivate Private { get; }
}
