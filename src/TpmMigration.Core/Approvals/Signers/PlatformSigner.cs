using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>Signs with the platform's own key. Nothing is made or loaded before the first question, so one can be at hand and go unused.</summary>
public sealed class PlatformSigner : IDocumentSigner
{
    private readonly KeyLoader _loader;
    private PlatformIdentity? _identity;

    /// <param name="loader">TPM and store; still the caller's.</param>
    public PlatformSigner(KeyLoader loader) => _loader = loader;

    /// <summary>The platform; its key is made if need be, see <see cref="PlatformSigningKey.Ensure"/>.</summary>
    public SignerIdentity Identity => _identity ??= PlatformSigningKey.Ensure(_loader);

    public byte[] Sign(byte[] digest)
    {
        TpmtSignature signature = PlatformSigningKey.Sign(_loader, digest);
        return EcdsaValue.Join(signature.R, signature.S!, 32);
    }

    public void Dispose() { }
}
