using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// Loads keys under their parents with few commands and in few slots: the storage root key and the chain of parents in use stay
/// loaded until the TPM has no room. Dispose flushes them.
/// </summary>
public sealed class KeyLoader : IDisposable
{
    private readonly KeyPasswords _passwords;

    // Parents, and others that are kept, loaded from the store, by key name, the one used last at the end.
    private readonly List<(string Name, TpmObject Key)> _parents = [];
    private TpmObject? _root;
    private TpmObject? _endorsement;
    private TpmSession? _session;

    /// <param name="device">The TPM.</param>
    /// <param name="store">Where keys and their parents are.</param>
    /// <param name="passwords">The passwords of parents and owner; still the caller's.</param>
    public KeyLoader(TpmDevice device, KeyStore store, KeyPasswords passwords)
    {
        Device = device;
        Store = store;
        _passwords = passwords;
    }

    public TpmDevice Device { get; }

    public KeyStore Store { get; }

    /// <summary>The storage root key, loaded.</summary>
    public TpmObject StorageRoot => _root ??= WithRoom([], () => StorageRootKey.Load(Device, _passwords.Owner)) with { HasEmptyAuth = true };

    /// <summary>An HMAC session, salted to the storage root key, for passwords and secret parameters.</summary>
    public TpmSession Session => _session ??= TpmSession.Start(Device, TpmSe.Hmac, StorageRoot);

    /// <summary>How a parent is authorized: without secrets nothing needs hiding.</summary>
    public TpmAuthorization ParentAuthorization(TpmObject parent, TpmaSession parameters = TpmaSession.None)
    {
        bool hasPassword = _passwords.Parent.Length != 0 && !parent.HasEmptyAuth;
        return hasPassword || parameters != TpmaSession.None
            ? Session.Authorize(hasPassword ? _passwords.Parent : [], parameters)
            : TpmAuthorization.Empty;
    }

    /// <summary>Loads the parent under which a key of the store lives, or under which a new one is to live.</summary>
    /// <param name="parent">Null for the storage root key.</param>
    /// <exception cref="KeyException">The parent is missing, no storage key, or of another TPM.</exception>
    public TpmObject LoadParent(string? parent) => parent == null ? StorageRoot : LoadKept(parent, () => FindParent(Store, parent));

    /// <summary>Loads a key of the store that is used again and again: like the parents, it stays loaded until the TPM has no room.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="find">Gets it from the store, where it is not loaded already.</param>
    internal TpmObject LoadKept(string name, Func<StoredKey> find)
    {
        int known = _parents.FindIndex(p => KeyName.Comparer.Equals(p.Name, name));
        if (known >= 0)
        {
            (string Name, TpmObject Key) entry = _parents[known];
            _parents.RemoveAt(known);
            _parents.Add(entry);
            return entry.Key;
        }
        TpmObject loaded = Load(find());
        _parents.Add((name, loaded));
        return loaded;
    }

    /// <summary>The endorsement key of this public area, which stays loaded while there is room; null if it is another TPM's.</summary>
    public TpmObject? FindEndorsementKey(TpmtPublic publicArea)
    {
        if (_endorsement != null && SecretBytes.FixedTimeEquals(_endorsement.Handle.Name, publicArea.Name)) return _endorsement;
        TpmHandle root = StorageRoot.Handle;
        if (_endorsement != null) Device.Flush(_endorsement.Handle);
        _endorsement = null;
        return _endorsement = WithRoom([root], () => EndorsementKey.Find(Device, publicArea));
    }

    /// <summary>Loads a key of the store. The caller flushes it.</summary>
    /// <exception cref="KeyException">The key belongs to another TPM, its parent is missing, or the TPM refuses its blobs.</exception>
    public TpmObject Load(StoredKey key)
    {
        KeyParent parent = key.Record.Parent;
        if (parent.KeyName == null) RequireOwnRoot(key);
        TpmObject loaded = Load(key.Record.Name, () => PersistentParent(key) ?? LoadParent(parent.KeyName), parent.KeyName, key.PublicArea(), key.PrivateArea());
        return loaded with { HasEmptyAuth = !key.HasPassword() };
    }

    /// <summary>Loads a key that is not in the store yet under a loaded parent. The caller flushes it.</summary>
    public TpmObject Load(string name, TpmObject parent, TpmtPublic publicArea, byte[] privateArea, bool hasPassword) =>
        Load(name, () => parent, null, publicArea, privateArea) with { HasEmptyAuth = !hasPassword };

    /// <summary>Loads a public area, such as a new parent's. The caller flushes it.</summary>
    public TpmObject LoadExternal(TpmtPublic publicArea) => Execute(new LoadExternal { InPublic = publicArea });

    /// <summary>Runs a command that takes a slot in the TPM; where there is none free, lets go what can be loaded again.</summary>
    public TResponse Execute<TResponse>(TpmCommand<TResponse> command, params TpmAuthorization[] authorizations) =>
        WithRoom(command.Handles, () => Device.Execute(command, authorizations));

    public void Dispose()
    {
        _session?.Dispose();
        foreach ((_, TpmObject key) in _parents)
            Device.Flush(key.Handle);
        if (_endorsement != null) Device.Flush(_endorsement.Handle);
        if (_root != null) Device.Flush(_root.Handle);
    }

    private TpmObject Load(string name, Func<TpmObject> parent, string? parentName, TpmtPublic publicArea, byte[] privateArea)
    {
        try
        {
            return KeyAuthorizationException.Explain(Device, AuthorizationSubject.Parent, parentName ?? "storage root key", () =>
            {
                TpmObject loadedParent = parent();
                return Execute(
                    new Load { ParentHandle = loadedParent.Handle, InPrivate = privateArea, InPublic = publicArea }, ParentAuthorization(loadedParent));
            });
        }
        catch (TpmException e) when (e.Code == TpmRc.Integrity || e.Code == TpmRc.Binding || e.Code == TpmRc.Size || e.Code == TpmRc.SensitiveCode || e.Code == TpmRc.Insufficient)
        {
            throw new KeyException(KeyFault.NotLoadable, $"The TPM cannot load the key '{name}': its private part was altered or belongs to another parent.", e);
        }
        catch (TpmException e) when (e.Code == TpmRc.Attributes)
        {
            throw new KeyException(KeyFault.EncryptedDuplicationMismatch, $"The TPM cannot load the key '{name}': its attributes, such as encryptedDuplication, do not go with its parent's.", e);
        }
    }

    /// <summary>A storage key of the store.</summary>
    internal static StoredKey FindParent(KeyStore store, string parent)
    {
        StoredKey stored = store.Find(parent)?.Require()
            ?? throw new KeyException(KeyFault.ParentMissing, $"The parent key '{parent}' is not in the store. Restore it first.");
        return stored.PublicArea().IsStorageKey
            ? stored
            : throw new KeyException(KeyFault.NotAStorageKey, $"The key '{parent}' is no storage key and cannot be a parent.");
    }

    /// <summary>Sees to it that a key directly below the storage root key is below this TPM's.</summary>
    internal void RequireOwnRoot(StoredKey key)
    {
        if (SecretBytes.FixedTimeEquals(key.Record.Parent.TpmName, StorageRoot.Handle.Name)) return;
        throw new KeyException(
            KeyFault.ForAnotherTpm,
            $"The key '{key.Record.Name}' was made under the storage root key of another TPM, or the TPM was cleared since. It can only be restored from a Migration Package.");
    }

    /// <summary>A parent that is persistent needs no loading; the key file says where it is.</summary>
    internal TpmObject? PersistentParent(StoredKey key)
    {
        uint handle = key.KeyFile.Parent;
        if (key.Record.Parent.KeyName == null || handle >> 24 != 0x81) return null;
        TpmObject? persistent = PersistentKeys.Read(Device, handle);
        if (persistent == null || !SecretBytes.FixedTimeEquals(persistent.Handle.Name, key.Record.Parent.TpmName)) return null;
        KeyStoreEntry? stored = Store.Find(key.Record.Parent.KeyName);
        return persistent with { HasEmptyAuth = stored is { IsDamaged: false } && !stored.Key.HasPassword() };
    }

    private T WithRoom<T>(IReadOnlyList<TpmHandle> keep, Func<T> run)
    {
        while (true)
        {
            try
            {
                return run();
            }
            catch (TpmException e) when (e.Code == TpmRc.ObjectMemory || e.Code == TpmRc.ObjectHandles)
            {
                if (!LetGoOne(keep)) throw;
            }
        }
    }

    private bool LetGoOne(IReadOnlyList<TpmHandle> keep)
    {
        int index = _parents.FindIndex(p => p.Key.Handle.IsTransient && !keep.Contains(p.Key.Handle));
        if (index >= 0)
        {
            Device.Flush(_parents[index].Key.Handle);
            _parents.RemoveAt(index);
            return true;
        }
        if (_endorsement is { Handle.IsTransient: true } && !keep.Contains(_endorsement.Handle))
        {
            Device.Flush(_endorsement.Handle);
            _endorsement = null;
            return true;
        }
        if (_root == null || !_root.Handle.IsTransient || keep.Contains(_root.Handle)) return false;
        Device.Flush(_root.Handle);
        _root = null;
        return true;
    }
}
