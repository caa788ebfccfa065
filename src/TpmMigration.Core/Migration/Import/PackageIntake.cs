using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>A key that the TPM has taken in and proven, with its data; not stored yet.</summary>
/// <param name="Key">The key.</param>
/// <param name="Data">What is kept with it.</param>
/// <param name="PcrDifferences">The PCRs that keep it from being used here as long as they are as they are; its proof was skipped then.</param>
internal sealed record TakenKey(StoredKey Key, KeyDataFile? Data, IReadOnlyList<PcrDifference> PcrDifferences);

/// <summary>
/// Lets the TPM take in the keys of a package, one after the other, and prove that each works. Nothing is stored. Dispose flushes what
/// was loaded and forgets data key and recovery key.
/// </summary>
internal sealed class PackageIntake : IDisposable
{
    private readonly KeyLoader _loader;
    private readonly KeyPasswords _passwords;
    private readonly ImportRequest _request;
    private readonly MigrationPackage _package;
    private readonly string? _destination;
    private readonly KeyOrigin _origin;
    private readonly ImportChain _chain;
    private readonly HashSet<Guid> _parents;
    private readonly List<TpmHandle> _persisted = [];
    private readonly RecoveryKey? _recovery;
    private readonly DataUnpacker? _data;
    private readonly ReceiptMaker? _receipt;
    private readonly PcrComparison _pcrs;

    /// <param name="loader">TPM and store.</param>
    /// <param name="passwords">For the proof.</param>
    /// <param name="request">How it is imported.</param>
    /// <param name="package">The package.</param>
    /// <param name="destination">The name of its new parent in the store, null for the storage root key.</param>
    /// <param name="pcrs">What is known of this machine's PCRs.</param>
    /// <exception cref="RecoveryException">Nothing at hand opens the inner wrap.</exception>
    internal PackageIntake(KeyLoader loader, KeyPasswords passwords, ImportRequest request, MigrationPackage package, string? destination, PcrComparison pcrs)
    {
        _pcrs = pcrs;
        _loader = loader;
        _passwords = passwords;
        _request = request;
        _package = package;
        _destination = destination;
        // First, since it makes keys of the platform if need be.
        _receipt = request.WantsReceipt ? new ReceiptMaker(loader, package, destination, passwords) : null;
        _origin = new KeyOrigin(
            package.Id,
            package.Signature?.Signer is { } signer ? $"{signer.Description} ({Hex.Format(signer.Fingerprint)})" : null,
            request.Trust.IsTrusted ? null : request.Acceptance,
            _receipt?.Id);
        _parents = [.. package.Keys.Select(key => key.Blob).OfType<ChildBlob>().Select(blob => blob.ParentId)];
        _chain = new ImportChain(loader);
        _recovery = request.Recovery.Open(loader, package, destination, secret => EndorsementRewrap.ToStorageRoot(loader, package, secret));
        try
        {
            _data = DataUnpacker.For(loader, package, destination, _recovery);
        }
        catch
        {
            _recovery?.Dispose();
            throw;
        }
    }

    /// <summary>Takes a key in; its parent in the package comes first.</summary>
    /// <exception cref="PackageIntegrityException">The TPM does not accept it, or its data.</exception>
    /// <exception cref="ImportException">It does not work, or PCRs keep it from being used here.</exception>
    /// <exception cref="KeyException">It does not go with its parent.</exception>
    internal TakenKey Take(PackageKey key)
    {
        IReadOnlyList<PcrDifference> differences = _pcrs.Differences(key);
        if (!_request.SkipProof && !_request.OnlyTellsPcrs) _pcrs.Require(key);
        return new TakenKey(TakeKey(key, prove: !(_request.SkipProof && key.HasPassword) && differences.Count == 0), _data?.Unpack(key), differences);
    }

    /// <summary>The receipt for all that was taken in; null where none was asked for.</summary>
    /// <exception cref="ReceiptException">What the TPM says of a key is no proof.</exception>
    internal string? Receipt()
    {
        if (_receipt == null) return null;
        _chain.LetGo();
        return _receipt.Finish();
    }

    /// <summary>Takes back what was made persistent.</summary>
    internal void Undo() => _persisted.ForEach(handle => PersistentKeys.Undo(_loader, handle, _passwords.Owner));

    public void Dispose()
    {
        _chain.Dispose();
        _data?.Dispose();
        _recovery?.Dispose();
    }

    private StoredKey TakeKey(PackageKey key, bool prove)
    {
        var child = key.Blob as ChildBlob;
        TpmObject? parent = child == null ? null : _chain.Parent(child.ParentId);
        byte[] privateArea = key.Blob switch
        {
            ChildBlob blob => blob.Private,
            MigrationBlob blob => Import(key, _loader.LoadParent(_destination), blob),
            _ => throw new InvalidOperationException("There is no other kind of blob."),
        };
        parent ??= _loader.LoadParent(_destination);
        TpmObject loaded = LoadAltered(key, () => _loader.Load(key.Name, parent, key.PublicArea, privateArea, key.HasPassword));
        TpmHandle? persistent = null;
        try
        {
            if (prove) KeyProof.Run(_loader, key.Name, loaded, key.Policy, key.HasPassword ? _passwords.Key : []);
            if (_receipt != null)
            {
                // Storage root key, attestation key and this key are three; no TPM need have room for more.
                if (child == null) _chain.LetGo();
                _receipt.Put(key, loaded);
            }
            if (_request.Persist && _parents.Contains(key.Id))
            {
                persistent = PersistentKeys.Persist(_loader, loaded.Handle, _passwords.Owner);
                _persisted.Add(persistent);
            }
        }
        finally
        {
            _loader.Device.Flush(loaded.Handle);
        }
        uint parentHandle = child == null ? StoredKeys.ParentHandleFor(_loader, _destination, parent) : _chain.HandleForOthers(child.ParentId);
        _chain.Add(key, privateArea, _destination, persistent);
        return StoredKeys.Make(
            new KeyRecord
            {
                Name = _request.NameFor(key),
                Created = key.Created,
                Origin = _origin,
                Description = key.Description,
                Parent = new KeyParent(child == null ? _destination : _request.NameFor(_chain.Key(child.ParentId)), parent.Handle.Name),
                PolicyBranches = key.Policy,
                ExpectedPcrs = key.ExpectedPcrs,
                SelectionAuthorities = key.SelectionAuthorities,
            },
            key.PublicArea,
            privateArea,
            key.HasPassword,
            parentHandle);
    }

    private byte[] Import(PackageKey key, TpmObject parent, MigrationBlob blob)
    {
        bool inner = blob.InnerKey != null;
        byte[] innerKey = inner ? _recovery?.TryUnwrap(blob.InnerKey!) ?? throw Altered(key, null) : [];
        try
        {
            return KeyAuthorizationException.Explain(_loader.Device, AuthorizationSubject.Parent, "new parent", () => _loader.Execute(
                new Import
                {
                    ParentHandle = parent.Handle,
                    EncryptionKey = innerKey,
                    ObjectPublic = key.PublicArea,
                    Duplicate = blob.Duplicate,
                    InSymSeed = blob.EncryptedSeed,
                    SymmetricAlg = inner ? TpmtSymDef.Aes128Cfb : TpmtSymDef.Null,
                },
                _loader.ParentAuthorization(parent, inner ? TpmaSession.Decrypt : TpmaSession.None)));
        }
        catch (TpmException e) when (IsAlteration(e))
        {
            throw Altered(key, e);
        }
        catch (TpmException e) when (e.Code == TpmRc.Attributes)
        {
            throw new KeyException(KeyFault.EncryptedDuplicationMismatch, $"The TPM does not take the key '{key.Name}' in: its attributes, such as encryptedDuplication, do not go with its new parent's.", e);
        }
        finally
        {
            SecretBytes.Clear(innerKey);
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

    /// <summary>Whether the TPM refuses because what it was given is not what was once wrapped.</summary>
    internal static bool IsAlteration(TpmException e) =>
        e.Code == TpmRc.Integrity || e.Code == TpmRc.Size || e.Code == TpmRc.ValueCode || e.Code == TpmRc.EccPoint || e.Code == TpmRc.Insufficient
        || e.Code == TpmRc.Binding || e.Code == TpmRc.SensitiveCode || e.Code == TpmRc.Hash;

    private static PackageIntegrityException Altered(PackageKey key, Exception? cause) => new(
        PackageIntegrityFault.Altered,
        $"The TPM does not accept the key '{key.Name}': the package was altered, or was made for another key. Get it anew from its source.{(cause == null ? "" : $" ({cause.Message})")}", cause);
}
