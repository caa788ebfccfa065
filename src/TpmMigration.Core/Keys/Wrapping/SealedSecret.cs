using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// A secret as a sealed-data object that is made in software and wrapped to a parent, so that it can be imported there as if it had been
/// duplicated by a TPM. TPM 2.0 Part 1, 23.3 and 27.5.2.
/// </summary>
/// <param name="PublicArea">The object's.</param>
/// <param name="Wrapped">The duplicate and its seed.</param>
internal sealed record SealedSecret(TpmtPublic PublicArea, WrappedKey Wrapped)
{
    private const int SeedSize = 32;

    /// <summary>Whether a parent takes only what has an inner wrap.</summary>
    internal static bool NeedsInnerWrap(TpmtPublic parent) => !parent.Has(TpmaObject.FixedTpm) && parent.Has(TpmaObject.EncryptedDuplication);

    /// <param name="parent">The new parent.</param>
    /// <param name="secret">At most 128 bytes; still the caller's.</param>
    /// <param name="innerKey">An AES-128 key made for this one use, or null for no inner wrap.</param>
    internal static SealedSecret Wrap(TpmtPublic parent, byte[] secret, byte[]? innerKey = null)
    {
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
                // A parent that can migrate wants its children like itself.
                ObjectAttributes = TpmaObject.UserWithAuth | TpmaObject.NoDa | (NeedsInnerWrap(parent) ? TpmaObject.EncryptedDuplication : TpmaObject.None),
                Parameters = TpmsKeyedHashParms.SealedData,
                Unique = TpmHash.Digest(TpmAlgId.Sha256, seed, secret),
            };
            return new SealedSecret(publicArea, KeyWrap.Wrap(WrappingParent.From(parent), publicArea.Name, sensitive, innerKey));
        }
        finally
        {
            SecretBytes.Clear(seed);
            SecretBytes.Clear(sensitive);
        }
    }

    /// <summary>Lets the TPM open it. The caller clears the secret.</summary>
    /// <param name="loader">TPM and store.</param>
    /// <param name="parent">The loaded parent it was wrapped for.</param>
    /// <param name="innerKey">The AES-128 key of the inner wrap; empty where there is none.</param>
    /// <exception cref="TpmException">The TPM does not accept it.</exception>
    /// <exception cref="KeyException">The TPM does not load what it imported.</exception>
    internal byte[] Open(KeyLoader loader, TpmObject parent, byte[]? innerKey = null)
    {
        bool inner = innerKey is { Length: not 0 };
        byte[] privateArea = KeyAuthorizationException.Explain(loader.Device, AuthorizationSubject.Parent, "new parent", () => loader.Execute(
            new Import
            {
                ParentHandle = parent.Handle,
                EncryptionKey = innerKey ?? [],
                ObjectPublic = PublicArea,
                Duplicate = Wrapped.Duplicate,
                InSymSeed = Wrapped.EncryptedSeed,
                SymmetricAlg = inner ? TpmtSymDef.Aes128Cfb : TpmtSymDef.Null,
            },
            loader.ParentAuthorization(parent, inner ? TpmaSession.Decrypt : TpmaSession.None)));
        return StoreDataKey.Unseal(loader, parent, PublicArea, privateArea);
    }
}
