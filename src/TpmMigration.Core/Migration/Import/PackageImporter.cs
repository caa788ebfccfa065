using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Imports a package: checks all of it, lets the TPM take each key in and prove it, and only then writes all keys in one step.
/// </summary>
public sealed class PackageImporter
{
    private readonly KeyLoader _loader;
    private readonly KeyPasswords _passwords;
    private readonly ImportRequest _request;

    public PackageImporter(KeyLoader loader, ImportRequest request, KeyPasswords passwords)
    {
        _loader = loader;
        _request = request;
        _passwords = passwords;
    }

    /// <summary>Says whether the package could be imported, without a TPM command that changes anything.</summary>
    /// <exception cref="ImportException">The package is for another machine, or a password is missing.</exception>
    /// <exception cref="KeyStoreException">A name is taken or not allowed.</exception>
    /// <exception cref="ApprovalException">The approvals in the package do not fit it.</exception>
    public void Check(MigrationPackage package)
    {
        PackageApprovals.Check(package);
        FindParent(package);
        foreach (PackageKey key in package.Keys)
        {
            string name = NameFor(key);
            KeyName.Check(name);
            if (!_request.Force && _loader.Store.Find(name) != null)
                throw new KeyStoreException(KeyStoreFault.KeyExists, $"A key named '{name}' is in the store already. Give the imported key another name with -NewName, or replace the key with -Force.") { KeyName = name };
            if (key.HasPassword && _passwords.Key.Length == 0 && !_request.SkipProof)
                throw new ImportException(ImportFault.PasswordNeeded, $"The key '{key.Name}' has a password, and without it the key cannot be proven to work. Give it with -KeyPassword, or import without proof with -SkipProof.");
        }
    }

    /// <summary>Imports the package.</summary>
    /// <returns>The stored keys, in the package's order.</returns>
    /// <exception cref="ImportException">The package is for another machine, or a key does not work.</exception>
    /// <exception cref="KeyException">The TPM refuses a key.</exception>
    /// <exception cref="KeyStoreException">The store cannot take the keys; it is as it was.</exception>
    /// <exception cref="PackageIntegrityException">The package was altered.</exception>
    public IReadOnlyList<StoredKey> Import(MigrationPackage package)
    {
        Check(package);
        string? destination = FindParent(package);
        var chain = new ImportChain(_loader);
        var persisted = new List<TpmHandle>();
        try
        {
            using DataUnpacker? data = DataUnpacker.For(_loader, package, destination);
            List<StoredKey> imported = [];
            foreach (PackageKey key in package.Keys)
            {
                _request.Progress?.Invoke(imported.Count, key.Name);
                imported.Add(ImportOne(package, key, destination, chain, persisted));
            }
            _loader.Store.Commit(imported.Zip(package.Keys, (stored, key) => ToChange(stored).With(data?.Unpack(key))).ToList(), _loader.Device.Cancellation);
            return imported;
        }
        catch
        {
            persisted.ForEach(handle => PersistentKeys.Undo(_loader, handle, _passwords.Owner));
            throw;
        }
        finally
        {
            chain.Dispose();
        }
    }

    private StoredKey ImportOne(MigrationPackage package, PackageKey key, string? destination, ImportChain chain, List<TpmHandle> persisted)
    {
        TpmObject? parent = key.Blob is ChildBlob child ? chain.Parent(child.ParentId) : null;
        byte[] privateArea = key.Blob switch
        {
            ChildBlob blob => blob.Private,
            MigrationBlob blob => TakeIn(key, _loader.LoadParent(destination), blob),
            _ => throw new InvalidOperationException("There is no other kind of blob."),
        };
        parent ??= _loader.LoadParent(destination);
        TpmObject loaded = LoadAltered(key, () => _loader.Load(key.Name, parent, key.PublicArea, privateArea, key.HasPassword));
        TpmHandle? persistent = null;
        try
        {
            if (!(_request.SkipProof && key.HasPassword))
                KeyProof.Run(_loader, key.Name, loaded, key.HasPassword ? _passwords.Key : []);
            if (_request.Persist && package.Keys.Any(k => k.Blob is ChildBlob c && c.ParentId == key.Id))
            {
                persistent = PersistentKeys.Persist(_loader, loaded.Handle, _passwords.Owner);
                persisted.Add(persistent);
            }
        }
        finally
        {
            _loader.Device.Flush(loaded.Handle);
        }
        string? parentKey = key.Blob is ChildBlob c2 ? NameFor(package.Keys.First(k => k.Id == c2.ParentId)) : destination;
        uint parentHandle = key.Blob is ChildBlob c3 ? chain.HandleForOthers(c3.ParentId) : StoredKeys.ParentHandleFor(_loader, destination, parent);
        chain.Add(key, privateArea, destination, persistent);
        return StoredKeys.Make(
            new KeyRecord
            {
                Name = NameFor(key),
                Created = key.Created,
                Origin = KeyOrigin.Imported(package.Id),
                Description = key.Description,
                Parent = new KeyParent(parentKey, parent.Handle.Name),
                PolicyBranches = key.Policy,
            },
            key.PublicArea,
            privateArea,
            key.HasPassword,
            parentHandle);
    }

    private byte[] TakeIn(PackageKey key, TpmObject parent, MigrationBlob blob)
    {
        try
        {
            return KeyAuthorizationException.Explain(_loader.Device, AuthorizationSubject.Parent, "new parent", () => _loader.Execute(
                new Import { ParentHandle = parent.Handle, ObjectPublic = key.PublicArea, Duplicate = blob.Duplicate, InSymSeed = blob.EncryptedSeed },
                _loader.ParentAuthorization(parent)));
        }
        catch (TpmException e) when (IsAlteration(e))
        {
            throw Altered(key, e);
        }
        catch (TpmException e) when (e.Code == TpmRc.Attributes)
        {
            throw new KeyException(KeyFault.EncryptedDuplicationMismatch, $"The TPM does not take the key '{key.Name}' in: its attributes, such as encryptedDuplication, do not go with its new parent's.", e);
        }
    }

    private static TpmObject LoadAltered(PackageKey key, Func<TpmObject> load)
    {
        try
        {
            return load();
        }
        catch (KeyException e) when (e.Fault == KeyFault.NotLoadable)
        {
            throw Altered(key, e);
        }
    }

    private string? FindParent(MigrationPackage package)
    {
        byte[] name = package.Destination.Parent.Name;
        if (SecretBytes.FixedTimeEquals(name, _loader.StorageRoot.Handle.Name)) return null;
        string? parent = KeyInventory.OfStore(_loader.Store, _loader.Device.Cancellation)
            .FirstOrDefault(k => k.Item != null && SecretBytes.FixedTimeEquals(k.Item.PublicArea.Name, name)).Item?.Name;
        return parent ?? throw new ImportException(
            ImportFault.ForAnotherMachine,
            $"The package is wrapped to a key of '{package.Destination.HostName}' that this machine's TPM does not have. Import it there, or have it exported anew with this machine's destination (Get-TpmMigrationDestination).");
    }

    private string NameFor(PackageKey key) => _request.NewNames.TryGetValue(key.Name, out string? other) ? other : key.Name;

    private KeyChange ToChange(StoredKey key) => _request.Force && _loader.Store.Find(key.Record.Name) != null
        ? KeyChange.Replace(key.Record, key.KeyFile)
        : KeyChange.Add(key.Record, key.KeyFile);

    internal static bool IsAlteration(TpmException e) =>
        e.Code == TpmRc.Integrity || e.Code == TpmRc.Size || e.Code == TpmRc.ValueCode || e.Code == TpmRc.EccPoint || e.Code == TpmRc.Insufficient
        || e.Code == TpmRc.Binding || e.Code == TpmRc.SensitiveCode || e.Code == TpmRc.Hash;

    private static PackageIntegrityException Altered(PackageKey key, Exception cause) => new(
        PackageIntegrityFault.Altered,
        $"The TPM does not accept the key '{key.Name}': the package was altered, or was made for another key. Get it anew from its source. ({cause.Message})", cause);
}
