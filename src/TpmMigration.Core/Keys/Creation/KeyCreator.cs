using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>What kind of key to make.</summary>
public sealed record NewKey
{
    public required string Name { get; init; }

    public required KeyRole Role { get; init; }

    public required KeyAlgorithm Algorithm { get; init; }

    /// <summary>A storage key of the store, or null for the storage root key.</summary>
    public string? Parent { get; init; }

    /// <summary>For a CMK, the MSAs of whom <see cref="Quorum"/> must approve a migration; empty for an MK.</summary>
    public IReadOnlyList<SelectionAuthority> SelectionAuthorities { get; init; } = [];

    /// <summary>How many of the MSAs must approve.</summary>
    public int Quorum { get; init; } = 1;

    /// <summary>The PCRs that must have the values they have now whenever the key is used, with its password if it has one; empty for a key whose
    /// password alone is asked for. Not for storage keys.</summary>
    public IReadOnlyList<TpmsPcrSelection> UsePcrs { get; init; } = [];

    /// <summary>The key moves with its parent and not alone; the parent must itself be able to migrate.</summary>
    public bool MovesWithParent { get; init; }

    /// <summary>Duplication needs an inner wrap. Under a parent that can migrate, this follows the parent where it is null.</summary>
    public bool? EncryptedDuplication { get; init; }

    /// <summary>Make a storage key persistent, so that other programs can load its children.</summary>
    public bool Persist { get; init; }

    public string? Description { get; init; }
}

/// <summary>Makes keys that can be migrated and stores them.</summary>
public static class KeyCreator
{
    /// <summary>Says whether a request can be met, as far as that is told without TPM and store.</summary>
    /// <exception cref="ArgumentException">The MSAs or their quorum make no policy, or the PCRs none for a key of this role.</exception>
    public static void Check(NewKey request)
    {
        _ = MigrationBranches(request);
        if (request.UsePcrs.Count == 0) return;
        if (request.Role == KeyRole.Storage)
            throw new ArgumentException("A storage key is needed whenever one of its children is, so its use is not bound to PCRs. Bind the children that sign or decrypt.");
        if (request.UsePcrs.Any(bank => bank.Hash == TpmAlgId.Sha1))
            throw new ArgumentException("PCRs of the bank sha1 are no proof: two programs can be made to have one digest. Name PCRs of sha256 or a stronger bank.");
    }

    /// <summary>Makes a key in the TPM and puts it into the store.</summary>
    /// <param name="loader">TPM and store.</param>
    /// <param name="request">What to make.</param>
    /// <param name="passwords">The new key's password, and the parent's and owner's where needed.</param>
    /// <exception cref="ArgumentException">The request cannot be met, see <see cref="Check"/>, or the TPM does not have the PCRs.</exception>
    /// <exception cref="KeyException">The parent does not allow the key.</exception>
    /// <exception cref="KeyStoreException">The name is taken or not allowed, or the store cannot be written.</exception>
    public static StoredKey Create(KeyLoader loader, NewKey request, KeyPasswords passwords)
    {
        Check(request);
        RequireFree(loader.Store, request.Name);
        IReadOnlyList<PcrValue> expected = ReadPcrs(loader, request.UsePcrs);
        IReadOnlyList<IReadOnlyList<PolicyStep>> policy = MigrationBranches(request);
        if (expected.Count != 0) policy = [UsePolicy.Branch(KeyTemplates.NameAlgOf(request.Role, request.Algorithm), expected, passwords.Key.Length != 0), .. policy];
        TpmObject parent = loader.LoadParent(request.Parent);
        TpmtPublic template = KeyTemplates.Migratable(request.Role, request.Algorithm, policy, EncryptedDuplicationUnder(parent.PublicArea, request));
        RequirePasswordFits(passwords.Key, template.NameAlg);

        CreateResponse created = KeyAuthorizationException.Explain(loader.Device, AuthorizationSubject.Parent, request.Parent ?? "storage root key", () => loader.Execute(
            new Create { ParentHandle = parent.Handle, InSensitive = new TpmsSensitiveCreate(passwords.Key, []), InPublic = template },
            loader.ParentAuthorization(parent, TpmaSession.Decrypt)));
        TpmHandle? persistent = request.Persist ? Persist(loader, request, parent, created, passwords) : null;
        try
        {
            StoredKey stored = ToStored(loader, request, parent, created, policy, expected, hasPassword: passwords.Key.Length != 0);
            loader.Store.Commit([KeyChange.Add(stored.Record, stored.KeyFile)], loader.Device.Cancellation);
            return stored;
        }
        catch when (persistent != null)
        {
            PersistentKeys.Undo(loader, persistent, passwords.Owner);
            throw;
        }
    }

    /// <exception cref="KeyStoreException">The name is taken or not allowed.</exception>
    public static void RequireFree(KeyStore store, string name)
    {
        KeyName.Check(name);
        if (store.Find(name) != null)
            throw new KeyStoreException(KeyStoreFault.KeyExists, $"A key named '{name}' is in the store already. Choose another name, or remove that key with Remove-TpmKey.") { KeyName = name };
    }

    /// <summary>Whether a new key has encryptedDuplication: as its parent has it, where the parent can migrate; else as was wanted.</summary>
    /// <exception cref="KeyException">What was wanted is not what the parent has.</exception>
    internal static bool EncryptedDuplicationUnder(TpmtPublic parent, string? parentName, bool? wanted)
    {
        if (parent.Has(TpmaObject.FixedTpm)) return wanted ?? false;
        bool ofParent = parent.Has(TpmaObject.EncryptedDuplication);
        if (wanted is { } choice && choice != ofParent)
        {
            throw new KeyException(
                KeyFault.EncryptedDuplicationMismatch,
                $"The parent '{parentName}' has encryptedDuplication {(ofParent ? "set" : "clear")}, and a child must be like it. Leave the choice out, or choose another parent.");
        }
        return ofParent;
    }

    /// <exception cref="ArgumentException">The password is longer than the TPM takes.</exception>
    internal static void RequirePasswordFits(byte[] password, TpmAlgId nameAlg)
    {
        if (password.Length > TpmHash.Size(nameAlg))
            throw new ArgumentException($"The key password is longer than {TpmHash.Size(nameAlg)} bytes, which is the most the TPM takes for this key.");
    }

    /// <exception cref="ArgumentException">The MSAs or their quorum make no policy.</exception>
    private static IReadOnlyList<IReadOnlyList<PolicyStep>> MigrationBranches(NewKey request)
    {
        if (request.MovesWithParent)
            return request.SelectionAuthorities.Count == 0 ? [] : throw new ArgumentException("A key that moves with its parent has no policy of its own for it, and so names no Migration Selection Authority. Make its parent a CMK.");
        return request.SelectionAuthorities.Count == 0
            ? [KeyPolicies.MigratableBranch]
            : new SelectionPolicy(request.SelectionAuthorities.Select(authority => authority.TpmName), request.Quorum).Branches;
    }

    private static IReadOnlyList<PcrValue> ReadPcrs(KeyLoader loader, IReadOnlyList<TpmsPcrSelection> pcrs)
    {
        if (pcrs.Count == 0) return [];
        IReadOnlyList<PcrValue> values = PlatformPcrs.Read(loader.Device, pcrs);
        return values.Count == pcrs.Sum(bank => bank.Pcrs.Count)
            ? values
            : throw new ArgumentException($"This TPM does not have all of the PCRs {string.Join("+", pcrs)}. Name others, or another bank.");
    }

    private static bool EncryptedDuplicationUnder(TpmtPublic parent, NewKey request) => request.MovesWithParent && parent.Has(TpmaObject.FixedTpm)
        ? throw new KeyException(KeyFault.NotMigratable, $"The key '{request.Name}' cannot move with its parent: the parent is bound to this TPM. Name a migratable storage key as parent.")
        : EncryptedDuplicationUnder(parent, request.Parent, request.EncryptedDuplication);

    private static TpmHandle Persist(KeyLoader loader, NewKey request, TpmObject parent, CreateResponse created, KeyPasswords passwords)
    {
        if (request.Role != KeyRole.Storage)
            throw new ArgumentException("Only a storage key needs to be persistent: other programs load any other key from its key file.");
        TpmObject loaded = loader.Load(request.Name, parent, created.OutPublic, created.OutPrivate, hasPassword: true);
        try
        {
            return PersistentKeys.Persist(loader, loaded.Handle, passwords.Owner);
        }
        finally
        {
            loader.Device.Flush(loaded.Handle);
        }
    }

    private static StoredKey ToStored(
        KeyLoader loader, NewKey request, TpmObject parent, CreateResponse created, IReadOnlyList<IReadOnlyList<PolicyStep>> policy, IReadOnlyList<PcrValue> expected, bool hasPassword) =>
        StoredKeys.Make(
            new KeyRecord
            {
                Name = request.Name,
                Created = StoredKeys.Now(),
                Origin = KeyOrigin.Created,
                Description = request.Description,
                Parent = new KeyParent(request.Parent, parent.Handle.Name),
                PolicyBranches = policy,
                ExpectedPcrs = expected,
                SelectionAuthorities = request.SelectionAuthorities.Select(authority => authority.Certificate).OfType<byte[]>().ToList(),
                Creation = new KeyCreation(created.CreationData, created.CreationTicket),
            },
            created.OutPublic,
            created.OutPrivate,
            hasPassword,
            StoredKeys.ParentHandleFor(loader, request.Parent, parent));
}
