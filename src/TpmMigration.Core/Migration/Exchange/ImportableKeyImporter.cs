using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>How a single key of another program is to be imported.</summary>
public sealed record ImportableKeyRequest
{
    /// <summary>The name it gets in the store.</summary>
    public required string Name { get; init; }

    /// <summary>Whether a key of the same name is replaced.</summary>
    public bool Force { get; init; }

    /// <summary>Whether a key whose password is not at hand is stored without the proof that it works.</summary>
    public bool SkipProof { get; init; }
}

/// <summary>Imports single keys in importable key files: the TPM takes a key in, proves it, and only then it is stored.</summary>
public sealed class ImportableKeyImporter
{
    private readonly KeyLoader _loader;
    private readonly ImportableKeyRequest _request;
    private readonly KeyPasswords _passwords;

    public ImportableKeyImporter(KeyLoader loader, ImportableKeyRequest request, KeyPasswords passwords)
    {
        _loader = loader;
        _request = request;
        _passwords = passwords;
    }

    /// <summary>Says whether the key could be imported, without a TPM command that changes anything.</summary>
    /// <exception cref="KeyFileException">The file is not importable, or its public part cannot be read.</exception>
    /// <exception cref="ImportException">The key's password is missing.</exception>
    /// <exception cref="KeyException">The parent that the file names is not here.</exception>
    /// <exception cref="KeyStoreException">The name is taken or not allowed.</exception>
    public void Check(TpmKeyFile file) => Examine(file);

    /// <summary>Imports the key.</summary>
    /// <exception cref="PackageIntegrityException">The TPM does not accept the key: it is for another machine, or was altered.</exception>
    /// <exception cref="ImportException">The key does not work; nothing was stored.</exception>
    /// <exception cref="KeyException">The key does not go with its parent.</exception>
    /// <exception cref="KeyStoreException">The store cannot take the key; it is as it was.</exception>
    /// <inheritdoc cref="Check"/>
    public StoredKey Import(TpmKeyFile file)
    {
        SingleKey key = Examine(file);
        StoredKey stored = TakeIn(key);
        // How the key is to be used is for its users to know; their policies stay with it.
        stored = stored with { KeyFile = stored.KeyFile with { Policy = file.Policy, AuthPolicies = file.AuthPolicies } };
        bool replace = _request.Force && _loader.Store.Find(_request.Name) != null;
        _loader.Store.Commit([replace ? KeyChange.Replace(stored.Record, stored.KeyFile) : KeyChange.Add(stored.Record, stored.KeyFile)], _loader.Device.Cancellation);
        return stored;
    }

    private SingleKey Examine(TpmKeyFile file)
    {
        if (file.Kind != TpmKeyFileKind.Importable || file.Secret == null)
            throw new KeyFileException(KeyFileFault.UnknownKind, "The key file is not importable: its key is wrapped for the TPM that made it. Export the key there, for this machine.");
        KeyName.Check(_request.Name);
        if (!_request.Force && _loader.Store.Find(_request.Name) != null)
            throw new KeyStoreException(KeyStoreFault.KeyExists, $"A key named '{_request.Name}' is in the store already. Give the imported key another name with -Name, or replace the key with -Force.") { KeyName = _request.Name };
        // Where the file does not say, whoever gives a password says it.
        bool passwordGiven = _passwords.Key.Length != 0;
        bool hasPassword = file.EmptyAuth is { } empty ? !empty : passwordGiven || _request.SkipProof;
        if (hasPassword && !passwordGiven && !_request.SkipProof)
            throw new ImportException(ImportFault.PasswordNeeded, $"The key '{_request.Name}' has a password, and without it the key cannot be proven to work. Give it with -KeyPassword, or import without proof with -SkipProof.");
        TpmtPublic publicArea = PublicAreaOf(file);
        IReadOnlyList<IReadOnlyList<PolicyStep>> policy = PolicyOf(publicArea, file.DuplicationPolicy);
        bool hasUse = UsePolicy.Of(publicArea, policy) != null;
        return new SingleKey
        {
            Name = _request.Name,
            PublicArea = publicArea,
            Wrapped = new WrappedKey(Content(file.Private), Content(file.Secret)),
            Parent = FindParent(file),
            HasPassword = hasPassword,
            // A key whose use takes a policy that is not known here cannot be proven; that it loads must do.
            Prove = (hasUse || publicArea.Has(TpmaObject.UserWithAuth)) && !(_request.SkipProof && (hasPassword || hasUse)),
            Origin = KeyOrigin.Imported(Guid.NewGuid()),
            Description = file.Description is { } text && !text.Any(char.IsControl) ? text : null,
            PolicyBranches = policy,
        };
    }

    private StoredKey TakeIn(SingleKey key)
    {
        try
        {
            return SingleKeyIntake.TakeIn(_loader, key, _passwords);
        }
        catch (Exception e) when (e is TpmException refusal && PackageIntake.IsAlteration(refusal) || e is KeyException { Fault: KeyFault.NotLoadable })
        {
            throw new PackageIntegrityException(
                PackageIntegrityFault.Altered,
                $"The TPM does not accept the key '{key.Name}': it is wrapped for another machine or another parent than {Words(key.Parent)}, or was altered. Have it exported anew for this machine. ({e.Message})", e);
        }
    }

    private string? FindParent(TpmKeyFile file)
    {
        // Only a persistent handle names a particular key; hierarchies stand for the storage root key.
        if (file.Parent >> 24 != 0x81 || file.Parent == _loader.StorageRoot.Handle.Value) return null;
        byte[]? name = PersistentKeys.Read(_loader.Device, file.Parent)?.Handle.Name;
        if (name != null && SecretBytes.FixedTimeEquals(name, _loader.StorageRoot.Handle.Name)) return null;
        string? parent = name == null ? null : KeyInventory.NameOf(_loader.Store, name, _loader.Device.Cancellation);
        return parent ?? throw new KeyException(
            KeyFault.ParentMissing, FormattableString.Invariant($"The key file names a parent at the handle 0x{file.Parent:x8}, which is no key of this machine's store. Have the key exported anew for this machine."));
    }

    private static IReadOnlyList<IReadOnlyList<PolicyStep>> PolicyOf(TpmtPublic key, IReadOnlyList<IReadOnlyList<PolicyStep>>? stated)
    {
        if (!TpmHash.IsSupported(key.NameAlg) || key.AuthPolicy.Length == 0) return [];
        IReadOnlyList<IReadOnlyList<PolicyStep>> migratable = [KeyPolicies.MigratableBranch];
        if (stated != null && IsPolicyOf(key, stated)) return stated;
        return IsPolicyOf(key, migratable) ? migratable : [];
    }

    private static bool IsPolicyOf(TpmtPublic key, IReadOnlyList<IReadOnlyList<PolicyStep>> branches)
    {
        try
        {
            return SecretBytes.FixedTimeEquals(PolicyBranches.Digest(key.NameAlg, branches), key.AuthPolicy);
        }
        catch (TpmWireException)
        {
            return false; // Steps of another program, which make another policy than those known here.
        }
    }

    private static TpmtPublic PublicAreaOf(TpmKeyFile file)
    {
        try
        {
            return TpmtPublic.UnmarshalSized(file.Public);
        }
        catch (TpmWireException e)
        {
            throw new KeyFileException(KeyFileFault.BadValue, $"The public part of the key cannot be read. {e.Message} Get the file anew from where it was made.", e);
        }
    }

    private static byte[] Content(byte[] sized) => TpmReader.ReadWhole(sized, "The key file", r => r.ReadTpm2b());

    private static string Words(string? parent) => parent == null ? "the storage root key" : $"'{parent}'";
}
