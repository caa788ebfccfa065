using System;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Recovery;

/// <summary>
/// A recovery agent's word that one package may be opened at one destination, with the package's recovery key, which that destination's TPM alone
/// opens.
/// </summary>
public sealed class RecoveryRelease
{
    /// <param name="sealedKey">The sealed-data object with the recovery key, wrapped to the destination's parent.</param>
    /// <param name="signature">The agent's; verified. Null for one that is yet to be signed.</param>
    internal RecoveryRelease(SealedSecret sealedKey, DocumentSignature? signature) => (SealedKey, Signature) = (sealedKey, signature);

    public required Guid Id { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Created { get; init; }

    public required string Reason { get; init; }

    public required Guid PackageId { get; init; }

    public required string DestinationHost { get; init; }

    /// <summary>The TPM name of the parent at the destination.</summary>
    public required byte[] DestinationName { get; init; }

    internal SealedSecret SealedKey { get; }

    private DocumentSignature? Signature { get; }

    /// <summary>Who signed it, by its own word; empty before it is signed.</summary>
    public string Signer => Signature?.Signer.Description ?? string.Empty;

    /// <summary>SHA-256 of the signer's certificate; empty before it is signed.</summary>
    public byte[] SignerFingerprint => Signature?.Signer.Fingerprint ?? [];

    internal bool IsBy(PackageRecoveryAgent agent) =>
        Signature?.Signer is CertificateIdentity identity && SecretBytes.FixedTimeEquals(identity.Certificates[0], agent.Certificate);

    /// <summary>Lets the TPM open the release.</summary>
    /// <param name="loader">TPM and store.</param>
    /// <param name="parent">Under which it is opened.</param>
    /// <param name="rewrap">Turns what is wrapped to the destination into what that parent takes, where they differ.</param>
    /// <exception cref="RecoveryException">It does not.</exception>
    internal RecoveryKey Open(KeyLoader loader, TpmObject parent, Func<SealedSecret, SealedSecret> rewrap)
    {
        try
        {
            byte[] secret = rewrap(SealedKey).Open(loader, parent);
            if (secret.Length == RecoveryKey.Size) return RecoveryKey.From(secret);
            SecretBytes.Clear(secret);
            throw NotOpened(null);
        }
        catch (TpmException e) when (!e.IsLackOfRoom)
        {
            throw NotOpened(e);
        }
        catch (Exception e) when (e is KeyException or PackageIntegrityException)
        {
            throw NotOpened(e);
        }
    }

    private RecoveryException NotOpened(Exception? cause) => new(
        RecoveryFault.NotOpened,
        $"The TPM does not open the release: what is in it was not made for this TPM's key. Have '{Signer}' release the package anew with Unlock-TpmMigrationPackage.{(cause == null ? "" : $" ({cause.Message})")}", cause);
}
