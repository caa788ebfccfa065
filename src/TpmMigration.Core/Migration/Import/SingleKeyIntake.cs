using System.Collections.Generic;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>A key that comes alone, wrapped to its parent here.</summary>
internal sealed record SingleKey
{
    internal required string Name { get; init; }

    internal required TpmtPublic PublicArea { get; init; }

    internal required WrappedKey Wrapped { get; init; }

    /// <summary>The AES-128 key of the inner wrap; empty where there is none.</summary>
    internal byte[] InnerKey { get; init; } = [];

    /// <summary>A storage key of the store, or null for the storage root key.</summary>
    internal string? Parent { get; init; }

    internal required bool HasPassword { get; init; }

    /// <summary>Whether it must be proven to work.</summary>
    internal bool Prove { get; init; } = true;

    internal required KeyOrigin Origin { get; init; }

    internal string? Description { get; init; }

    internal IReadOnlyList<IReadOnlyList<PolicyStep>> PolicyBranches { get; init; } = [];
}

/// <summary>Lets the TPM take a single wrapped key in, and proves it. Nothing is stored yet.</summary>
internal static class SingleKeyIntake
{
    /// <exception cref="TpmException">The TPM refuses the key.</exception>
    /// <exception cref="KeyException">It does not go with its parent.</exception>
    /// <exception cref="ImportException">It does not work.</exception>
    internal static StoredKey TakeIn(KeyLoader loader, SingleKey key, KeyPasswords passwords)
    {
        TpmObject parent = loader.LoadParent(key.Parent);
        byte[] privateArea = Import(loader, key, parent);
        TpmObject loaded = loader.Load(key.Name, parent, key.PublicArea, privateArea, key.HasPassword);
        try
        {
            if (key.Prove) KeyProof.Run(loader, key.Name, loaded, key.PolicyBranches, key.HasPassword ? passwords.Key : []);
        }
        finally
        {
            loader.Device.Flush(loaded.Handle);
        }
        return StoredKeys.Make(
            new KeyRecord
            {
                Name = key.Name,
                Created = StoredKeys.Now(),
                Origin = key.Origin,
                Description = key.Description,
                Parent = new KeyParent(key.Parent, parent.Handle.Name),
                PolicyBranches = key.PolicyBranches,
            },
            key.PublicArea,
            privateArea,
            key.HasPassword,
            StoredKeys.ParentHandleFor(loader, key.Parent, parent));
    }

    private static byte[] Import(KeyLoader loader, SingleKey key, TpmObject parent)
    {
        bool inner = key.InnerKey.Length != 0;
        try
        {
            return KeyAuthorizationException.Explain(loader.Device, AuthorizationSubject.Parent, key.Parent ?? "storage root key", () => loader.Execute(
                new Import
                {
                    ParentHandle = parent.Handle,
                    EncryptionKey = key.InnerKey,
                    ObjectPublic = key.PublicArea,
                    Duplicate = key.Wrapped.Duplicate,
                    InSymSeed = key.Wrapped.EncryptedSeed,
                    SymmetricAlg = inner ? TpmtSymDef.Aes128Cfb : TpmtSymDef.Null,
                },
                loader.ParentAuthorization(parent, inner ? TpmaSession.Decrypt : TpmaSession.None)));
        }
        catch (TpmException e) when (e.Code == TpmRc.Attributes)
        {
            throw new KeyException(KeyFault.EncryptedDuplicationMismatch, $"The TPM does not take the key '{key.Name}' in: its attributes, such as encryptedDuplication, do not go with its new parent's.", e);
        }
    }
}
