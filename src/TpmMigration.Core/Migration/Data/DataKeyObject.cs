using System;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>The data key of a package: a secret sealed in software, which travels to the new parent like a migrating key.</summary>
internal static class DataKeyObject
{
    private const int InnerKeyBytes = 16;

    /// <param name="parent">The new parent.</param>
    /// <param name="secret">32 bytes; still the caller's.</param>
    /// <param name="recovery">Makes the inner wrap; null for none.</param>
    /// <exception cref="KeyException">The parent takes only what has an inner wrap.</exception>
    internal static PackageDataKey Wrap(TpmtPublic parent, byte[] secret, RecoveryKey? recovery)
    {
        RequireTakesData(parent, recovery != null);
        byte[]? innerKey = recovery == null ? null : SecretBytes.Random(InnerKeyBytes);
        try
        {
            SealedSecret made = SealedSecret.Wrap(parent, secret, innerKey);
            return new PackageDataKey(made.PublicArea, made.Wrapped.Duplicate, made.Wrapped.EncryptedSeed, innerKey == null ? null : recovery!.Wrap(innerKey));
        }
        finally
        {
            SecretBytes.Clear(innerKey);
        }
    }

    /// <exception cref="KeyException">The parent takes only what has an inner wrap.</exception>
    internal static void RequireTakesData(TpmtPublic parent, bool hasInnerWrap)
    {
        if (!hasInnerWrap && SealedSecret.NeedsInnerWrap(parent))
            throw new KeyException(KeyFault.NeedsInnerWrap, "The new parent takes only what has an inner wrap, and data goes without one here. Name who can open an inner wrap with -RecoveryAgent or -RecoveryPassphrase, choose another destination, or remove the data of the keys with Remove-TpmKeyData.");
    }

    /// <summary>Lets the TPM open a data key. The caller clears it.</summary>
    /// <exception cref="PackageIntegrityException">The TPM does not accept it, or it is no data key.</exception>
    internal static byte[] Open(KeyLoader loader, TpmObject parent, PackageDataKey dataKey, RecoveryKey? recovery = null)
    {
        if (dataKey.PublicArea.Parameters is not TpmsKeyedHashParms { Scheme: TpmAlgId.Null }) throw Altered(null);
        byte[]? innerKey = dataKey.InnerKey == null ? null : recovery?.TryUnwrap(dataKey.InnerKey) ?? throw Altered(null);
        try
        {
            byte[] secret = new SealedSecret(dataKey.PublicArea, new WrappedKey(dataKey.Duplicate, dataKey.EncryptedSeed)).Open(loader, parent, innerKey);
            if (secret.Length == KeyDataCipher.KeySize) return secret;
            SecretBytes.Clear(secret);
            throw Altered(null);
        }
        catch (TpmException e) when (!e.IsLackOfRoom)
        {
            throw Altered(e);
        }
        catch (KeyException e)
        {
            throw Altered(e);
        }
        finally
        {
            SecretBytes.Clear(innerKey);
        }
    }

    private static PackageIntegrityException Altered(Exception? cause) => new(
        PackageIntegrityFault.Altered,
        $"The TPM does not open the data key of the package: the package was altered, or was made for another machine. Get it anew from its source.{(cause == null ? "" : $" ({cause.Message})")}", cause);
}
