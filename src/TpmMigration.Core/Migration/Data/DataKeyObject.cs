using System;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// A data key as a sealed-data object that is made in software and wrapped to a parent, so that it can be imported there as if it had been
/// duplicated by a TPM. TPM 2.0 Part 1, 23.3 and 27.5.2.
/// </summary>
internal static class DataKeyObject
{
    private const int SeedSize = 32;

    /// <exception cref="KeyException">The parent takes only what has an inner wrap.</exception>
    internal static PackageDataKey Wrap(TpmtPublic parent, byte[] secret)
    {
        RequireTakesData(parent);
        byte[] seed = SecretBytes.Random(SeedSize);
        byte[] sensitive = TpmWriter.Write(w =>
        {
            w.WriteAlg(TpmAlgId.KeyedHash);
            w.WriteTpm2b([]); // authValue: who can use the parent can use what is under it
            w.WriteTpm2b(seed);
            w.WriteTpm2b(secret);
        });
        try
        {
            var publicArea = new TpmtPublic
            {
                NameAlg = TpmAlgId.Sha256,
                ObjectAttributes = TpmaObject.UserWithAuth | TpmaObject.NoDa,
                Parameters = TpmsKeyedHashParms.SealedData,
                Unique = TpmHash.Digest(TpmAlgId.Sha256, seed, secret),
            };
            WrappedKey wrapped = KeyWrap.Wrap(WrappingParent.From(parent), publicArea.Name, sensitive);
            return new PackageDataKey(publicArea, wrapped.Duplicate, wrapped.EncryptedSeed);
        }
        finally
        {
            SecretBytes.Clear(seed);
            SecretBytes.Clear(sensitive);
        }
    }

    /// <exception cref="KeyException">The parent takes only what has an inner wrap.</exception>
    internal static void RequireTakesData(TpmtPublic parent)
    {
        if (!parent.Has(TpmaObject.FixedTpm) && parent.Has(TpmaObject.EncryptedDuplication))
            throw new KeyException(KeyFault.NeedsInnerWrap, "The new parent takes only what has an inner wrap, and data goes without one. Choose another destination, or remove the data of the keys with Remove-TpmKeyData.");
    }

    /// <summary>Lets the TPM open a data key. The caller clears it.</summary>
    /// <exception cref="PackageIntegrityException">The TPM does not accept it, or it is no data key.</exception>
    internal static byte[] Open(KeyLoader loader, TpmObject parent, PackageDataKey dataKey)
    {
        if (dataKey.PublicArea.Parameters is not TpmsKeyedHashParms { Scheme: TpmAlgId.Null }) throw Altered(null);
        try
        {
            byte[] privateArea = KeyAuthorizationException.Explain(loader.Device, AuthorizationSubject.Parent, "new parent", () => loader.Execute(
                new Import { ParentHandle = parent.Handle, ObjectPublic = dataKey.PublicArea, Duplicate = dataKey.Duplicate, InSymSeed = dataKey.EncryptedSeed },
                loader.ParentAuthorization(parent)));
            byte[] secret = StoreDataKey.Unseal(loader, parent, dataKey.PublicArea, privateArea);
            if (secret.Length == KeyDataCipher.KeySize) return secret;
            SecretBytes.Clear(secret);
            throw Altered(null);
        }
        catch (TpmException e) when (e.Code != TpmRc.ObjectMemory && e.Code != TpmRc.SessionMemory && e.Code != TpmRc.Memory)
        {
            throw Altered(e);
        }
        catch (KeyException e)
        {
            throw Altered(e);
        }
    }

    private static PackageIntegrityException Altered(Exception? cause) => new(
        PackageIntegrityFault.Altered,
        $"The TPM does not open the data key of the package: the package was altered, or was made for another machine. Get it anew from its source.{(cause == null ? "" : $" ({cause.Message})")}", cause);
}
