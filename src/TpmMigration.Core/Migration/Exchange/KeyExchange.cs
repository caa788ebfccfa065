using System;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Single exported keys in the form of an importable TSS2 key file. From it the other forms are made: it holds the public area, the
/// duplicate and the encrypted seed, each with its size.
/// </summary>
public static class KeyExchange
{
    /// <summary>Sees to it that an export would hold one key, before anything is exported.</summary>
    /// <param name="store">The store the keys are in.</param>
    /// <param name="names">The names of the keys to export.</param>
    /// <param name="includeChildren">Whether their children were to go along.</param>
    /// <exception cref="ArgumentException">Several keys are named.</exception>
    /// <exception cref="KeyException">The key has children, which were not left behind.</exception>
    public static void RequireSingle(KeyStore store, string[] names, bool includeChildren)
    {
        if (names.Distinct(KeyName.Comparer).Count() != 1)
            throw new ArgumentException("A key file holds one key: name one key, or export several as a package.");
        if (includeChildren && store.Enumerate().Any(e => !e.IsDamaged && KeyName.Comparer.Equals(e.Key.Record.Parent.KeyName, names[0])))
            throw new KeyException(KeyFault.HasChildren, $"The key '{names[0]}' has children, and a key file holds one key only. Leave them behind with -ExcludeChildren, or export a package.");
    }

    /// <summary>Sees to it that other programs can take in what is wrapped to a destination.</summary>
    /// <exception cref="ArgumentException">It is an endorsement key, from which keys must be rewrapped.</exception>
    public static void RequireStorageKey(MigrationDestination destination)
    {
        if (destination.Kind == DestinationKind.EndorsementKey)
            throw new ArgumentException("Other programs do not take keys in that are wrapped to an endorsement key. Export a package, or to a destination with a storage key.");
    }

    /// <summary>The one key of a package.</summary>
    /// <exception cref="ArgumentException">The package holds several keys.</exception>
    public static TpmKeyFile ToImportable(MigrationPackage package)
    {
        if (package.Keys.Count != 1 || package.Keys[0] is not { Blob: MigrationBlob blob } key)
            throw new ArgumentException("A key file holds one key: a package of several cannot become one.", nameof(package));
        if (blob.InnerKey != null) throw new ArgumentException("A key file has no place for the key of an inner wrap: export a package.", nameof(package));
        return new TpmKeyFile
        {
            Kind = TpmKeyFileKind.Importable,
            EmptyAuth = !key.HasPassword,
            Parent = HandleFor(package.Destination.Parent),
            Public = key.PublicArea.MarshalSized(),
            Private = SizedBytes.Join(blob.Duplicate),
            Secret = SizedBytes.Join(blob.EncryptedSeed),
            DuplicationPolicy = key.Policy.Count == 0 ? null : key.Policy,
        };
    }

    /// <summary>How other programs find the parent: as the owner's primary, or at the usual handle; a parent that can itself migrate has neither.</summary>
    private static uint HandleFor(TpmtPublic parent)
    {
        TpmtPublic primary = KeyTemplates.StorageRoot;
        if (!parent.Has(TpmaObject.FixedTpm)) return StoredKeys.NoParentForOthers;
        return parent.NameAlg == primary.NameAlg && parent.ObjectAttributes == primary.ObjectAttributes && parent.AuthPolicy.Length == 0 && parent.Parameters.Equals(primary.Parameters)
            ? TpmKeyFile.OwnerHierarchy
            : StorageRootKey.PersistentHandle;
    }
}
