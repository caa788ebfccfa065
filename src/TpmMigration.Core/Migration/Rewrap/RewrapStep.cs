using System;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>TPM2_Rewrap of what a package holds, from one loaded parent to another. TPM 2.0 Part 3, 13.2.</summary>
/// <param name="device">The TPM.</param>
/// <param name="oldParent">The parent it is wrapped to.</param>
/// <param name="newParent">The parent to wrap it to; its public area is enough.</param>
/// <param name="authorize">Authorizes the old parent, anew for each command.</param>
internal sealed class RewrapStep(TpmDevice device, TpmHandle oldParent, TpmHandle newParent, Func<TpmAuthorization> authorize)
{
    /// <exception cref="PackageIntegrityException">The TPM does not accept it.</exception>
    internal PackageDataKey Run(PackageDataKey key)
    {
        WrappedKey wrapped = Run("the data key of the package", key.PublicArea.Name, new WrappedKey(key.Duplicate, key.EncryptedSeed));
        return key with { Duplicate = wrapped.Duplicate, EncryptedSeed = wrapped.EncryptedSeed };
    }

    /// <exception cref="PackageIntegrityException">The TPM does not accept it.</exception>
    internal MigrationBlob Run(PackageKey key, MigrationBlob blob)
    {
        WrappedKey wrapped = Run($"the key '{key.Name}'", key.PublicArea.Name, new WrappedKey(blob.Duplicate, blob.EncryptedSeed));
        return blob with { Duplicate = wrapped.Duplicate, EncryptedSeed = wrapped.EncryptedSeed };
    }

    /// <exception cref="PackageIntegrityException">The TPM does not accept it.</exception>
    internal SealedSecret Run(SealedSecret secret) => secret with { Wrapped = Run("the release", secret.PublicArea.Name, secret.Wrapped) };

    /// <exception cref="PackageIntegrityException">The TPM does not accept it.</exception>
    internal WrappedKey Run(string what, byte[] name, WrappedKey wrapped)
    {
        try
        {
            RewrapResponse response = KeyAuthorizationException.Explain(device, AuthorizationSubject.Parent, "new parent", () => device.Execute(
                new Rewrap { OldParent = oldParent, NewParent = newParent, InDuplicate = wrapped.Duplicate, Name = name, InSymSeed = wrapped.EncryptedSeed }, authorize()));
            return new WrappedKey(response.OutDuplicate, response.OutSymSeed);
        }
        catch (TpmException e) when (PackageIntake.IsAlteration(e))
        {
            throw new PackageIntegrityException(
                PackageIntegrityFault.Altered,
                $"The TPM does not rewrap {what}: the package was altered, or was made for another key. Get it anew from its source. ({e.Message})", e);
        }
    }
}
