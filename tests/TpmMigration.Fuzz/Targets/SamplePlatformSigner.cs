using System.Security.Cryptography;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Fuzz.Targets;

/// <summary>Signs as a platform does, with its key in software.</summary>
internal sealed class SamplePlatformSigner : IDocumentSigner
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    internal SamplePlatformSigner()
    {
        TpmtPublic publicArea = SampleCertifications.Public(KeyTemplates.PlatformSigning, _key);
        Identity = new PlatformIdentity(publicArea, SampleCertifications.Of(publicArea));
    }

    public SignerIdentity Identity { get; }

    public byte[] Sign(byte[] digest) => _key.SignHash(digest);

    public void Dispose() => _key.Dispose();
}
