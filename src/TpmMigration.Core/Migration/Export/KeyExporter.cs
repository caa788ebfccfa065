using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Exports keys of the store into one package. Add key after key, each of which may fail without harm to the others, then finish.
/// Dispose flushes what was loaded.
/// </summary>
public sealed class KeyExporter : IDisposable
{
    // The time of the package is that of its beginning: an approval that held when its key was exported must not look over at the end.
    private readonly DateTime _created = StoredKeys.Now();
    private readonly Guid _id = Guid.NewGuid();
    private readonly KeyLoader _loader;
    private readonly ExportRequest _request;
    private readonly KeyPasswords _passwords;
    private readonly DuplicationPolicy _policy;
    private readonly RecoveryKey? _recovery;
    private readonly DataPacker _data;
    private readonly PossessionProver? _possession;
    private readonly List<PackageKey> _keys = [];
    private readonly Dictionary<string, PackageKey> _byName = new(KeyName.Comparer);
    private readonly List<MigrationApproval> _used = [];
    private readonly HashSet<MigrationApproval> _usedSet = new(new SameApproval());
    private readonly HashSet<string> _planned = new(KeyName.Comparer);
    private readonly ExportExaminer _examiner;
    private ILookup<string, StoredKey>? _children;
    private TpmObject? _newParent;

    public KeyExporter(KeyLoader loader, ExportRequest request, KeyPasswords passwords)
    {
        _loader = loader;
        _request = request;
        _passwords = passwords;
        _policy = new DuplicationPolicy(loader, request, passwords);
        _recovery = request.HasInnerWrap ? RecoveryKey.Fresh() : null;
        _data = new DataPacker(loader, request.Destination.Parent, _recovery);
        _possession = request.Destination.IsMigrationAuthority ? new PossessionProver(loader, passwords, _id) : null;
        _examiner = new ExportExaminer(loader, request, passwords, _policy, _data);
    }

    /// <summary>How many keys the package holds so far.</summary>
    public int Count => _keys.Count;

    /// <summary>Whether a key is in the package, by itself or with its parent.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>Says whether a key could be exported, without a TPM command that changes anything.</summary>
    /// <exception cref="KeyException">An attribute or the policy of the key stops it.</exception>
    /// <exception cref="ApprovalException">An approval is missing or cannot be used.</exception>
    /// <exception cref="KeyAuthorizationException">The key's password is missing.</exception>
    public void Check(StoredKey key) => Examine(key);

    /// <summary>What stands against the export of any key, found without a TPM command that changes anything.</summary>
    public IReadOnlyList<ExportObstacle> Obstacles() => _examiner.Destination();

    /// <summary>
    /// What the export of a key would come to, found without a TPM command that changes anything: also what the export itself leaves to
    /// the TPM to judge. A key that goes along with one planned before has a plan of its own no more, see <see cref="IsPlanned"/>.
    /// </summary>
    /// <exception cref="KeyStoreException">The key, or one below it, is damaged.</exception>
    public ExportPlan Plan(StoredKey key)
    {
        List<StoredKey> below = Below(key);
        var plan = new ExportPlan(below.ConvertAll(child => child.Record.Name), _examiner.Key(key, below));
        if (plan.Obstacles.Count == 0) _planned.UnionWith(plan.Below.Prepend(key.Record.Name));
        return plan;
    }

    /// <summary>Whether a key would be in the package by what was planned, by itself or with its parent.</summary>
    public bool IsPlanned(string name) => _planned.Contains(name);

    /// <summary>Duplicates a key to the destination; its descendants go along. A key that went along already is passed over.</summary>
    /// <exception cref="KeyException">An attribute or the policy of the key stops it.</exception>
    /// <exception cref="ApprovalException">An approval is missing, or the TPM does not honour it.</exception>
    /// <exception cref="KeyAuthorizationException">A password is wrong or missing.</exception>
    /// <exception cref="KeyDataException">Data of the key, or of one below it, is damaged or cannot be opened.</exception>
    public void Add(StoredKey key)
    {
        string name = key.Record.Name;
        if (_byName.ContainsKey(name)) return;
        (TpmtPublic publicArea, ExportPermission permission) = Examine(key);
        List<StoredKey> below = Below(key);
        // All data first: where some is damaged, the key stays here with all that is below it.
        var data = below.Prepend(key).ToDictionary(k => k.Record.Name, _data.Pack, KeyName.Comparer);
        _newParent ??= _loader.LoadExternal(_request.Destination.Parent);
        _policy.Satisfy(name, publicArea, permission);
        TpmObject loaded = _loader.Load(key);
        DuplicateResponse duplicate;
        KeyPossession? possession;
        try
        {
            possession = _possession?.Prove(key, loaded, FlushNewParent);
            duplicate = _policy.Duplicate(name, loaded, _newParent ??= _loader.LoadExternal(_request.Destination.Parent), permission);
        }
        finally
        {
            _loader.Device.Flush(loaded.Handle);
        }
        IReadOnlyList<MigrationApproval> approvals = permission is OwnerPermission { Approval: null } ? [DirectApproval(name, publicArea)] : permission.Approvals;
        _used.AddRange(approvals.Where(_usedSet.Add));
        Put(key, publicArea, ToBlob(duplicate), data[name], possession);
        foreach (StoredKey child in below)
            Put(child, child.PublicArea(), new ChildBlob(_byName[child.Record.Parent.KeyName!].Id, child.PrivateArea()), data[child.Record.Name]);
    }

    /// <summary>The finished package. The approvals in it that are good for one package are used with that.</summary>
    /// <exception cref="InvalidOperationException">It would hold no key.</exception>
    /// <exception cref="ApprovalException">Another program used one of them meanwhile.</exception>
    public MigrationPackage Finish()
    {
        if (_keys.Count == 0) throw new InvalidOperationException("A package holds at least one key.");
        UseApprovals();
        return new MigrationPackage
        {
            Id = _id,
            Created = _created,
            Purpose = _request.Purpose,
            Source = new PackageSource(Environment.MachineName, _loader.StorageRoot.Handle.Name),
            Destination = _request.Destination.ForPackage(),
            ReleaseAuthorities = _request.ReleaseAuthorities,
            DataKey = _data.Key,
            InnerWrap = _recovery == null ? null : _request.Recovery!.HandOver(_recovery),
            Keys = _keys,
            Approvals = _used.Select(ApprovalDocument.ToBytes).ToList(),
        };
    }

    /// <summary>Notes in the store that the keys of the finished package were exported. The package is out: cancelling is not heeded any more.</summary>
    public void Record(MigrationPackage package)
    {
        var export = new KeyExport(package.Created, package.Id, _request.Destination.Parent.Name, _request.Destination.HostName, CertifyingKey(_request.Destination));
        _loader.Store.NoteExport(_keys.Select(key => key.PublicArea.Name), export, CancellationToken.None);
    }

    /// <summary>The attestation key that vouches for the destination; its word will be taken for the receipt too.</summary>
    private static byte[]? CertifyingKey(MigrationDestination destination) =>
        destination.Certification is { } certification && certification.Contradiction(destination.Parent) == null ? certification.AttestationKey.Name : null;

    public void Dispose()
    {
        _policy.Dispose();
        _data.Dispose();
        _recovery?.Dispose();
        FlushNewParent();
    }

    private void FlushNewParent()
    {
        if (_newParent == null) return;
        _loader.Device.Flush(_newParent.Handle);
        _newParent = null;
    }

    private MigrationBlob ToBlob(DuplicateResponse duplicate)
    {
        byte[] innerKey = duplicate.EncryptionKeyOut;
        try
        {
            return new MigrationBlob(duplicate.OutPrivate, duplicate.OutSymSeed, _recovery?.Wrap(innerKey));
        }
        finally
        {
            SecretBytes.Clear(innerKey);
        }
    }

    private (TpmtPublic PublicArea, ExportPermission Permission) Examine(StoredKey key)
    {
        string name = key.Record.Name;
        TpmtPublic publicArea = key.PublicArea();
        KeyClassification classification = KeyClassification.Of(publicArea, key.Record.PolicyBranches);
        _policy.RequireCanLeave(name, classification, publicArea);
        if (key.HasPassword() && _passwords.Key.Length == 0) throw KeyAuthorizationException.MissingFor(name);
        return (publicArea, _policy.Choose(key, publicArea, classification));
    }

    private List<StoredKey> Below(StoredKey key)
    {
        List<StoredKey> below = [];
        if (_request.IncludeChildren && key.PublicArea().IsStorageKey) AddDescendants(key, below);
        return below;
    }

    private void AddDescendants(StoredKey parent, List<StoredKey> found)
    {
        _children ??= _loader.Store.Enumerate()
            .Where(entry => !entry.IsDamaged && entry.Key!.Record.Parent.KeyName != null)
            .ToLookup(entry => entry.Key!.Record.Parent.KeyName!, entry => entry.Key!, KeyName.Comparer);
        byte[] tpmName = parent.PublicArea().Name;
        foreach (StoredKey child in _children[parent.Record.Name])
        {
            if (_byName.ContainsKey(child.Record.Name) || _planned.Contains(child.Record.Name)) continue;
            // Made under a parent that had this name before: no TPM loads it under this one, and the whole package would be refused.
            if (!SecretBytes.FixedTimeEquals(child.Record.Parent.TpmName, tpmName)) continue;
            found.Add(child);
            if (child.PublicArea().IsStorageKey) AddDescendants(child, found);
        }
    }

    private void Put(StoredKey source, TpmtPublic publicArea, KeyBlob blob, IReadOnlyList<SealedData> data, KeyPossession? possession = null)
    {
        var key = new PackageKey
        {
            Id = Guid.NewGuid(),
            Name = source.Record.Name,
            Kind = KeyClassification.Of(publicArea, source.Record.PolicyBranches).Kind.ToString(),
            PublicArea = publicArea,
            Created = source.Record.Created,
            Description = source.Record.Description,
            HasPassword = source.HasPassword(),
            Policy = source.Record.PolicyBranches,
            ExpectedPcrs = source.Record.ExpectedPcrs,
            SelectionAuthorities = source.Record.SelectionAuthorities,
            Blob = blob,
            Possession = possession,
            Data = data,
        };
        _keys.Add(key);
        _byName.Add(key.Name, key);
    }

    private void UseApprovals()
    {
        List<UsedApproval> single = _used.OfType<SelectionApproval>().Where(approval => approval.SingleUse).Select(approval => new UsedApproval(approval.Id, approval.ValidUntil)).ToList();
        if (_loader.Store.UseApprovals(single, _loader.Device.Cancellation).Count != 0)
            throw new ApprovalException(ApprovalFault.Used, "An approval that is good for one package was used by another program meanwhile. Ask the authority for a new one.");
    }

    private OwnerApproval DirectApproval(string name, TpmtPublic key)
    {
        DateTime now = StoredKeys.Now();
        return new OwnerApproval
        {
            Id = Guid.NewGuid(),
            ApprovedBy = Account.Current,
            Reason = _request.OwnerReason!,
            Created = now,
            ValidUntil = now,
            MachineHost = Environment.MachineName,
            MachineName = _loader.StorageRoot.Handle.Name,
            KeyName = name,
            KeyTpmName = key.Name,
            DestinationHost = _request.Destination.HostName,
            DestinationName = _request.Destination.Parent.Name,
        };
    }

    /// <summary>Whether it is the very same one: what is in it needs no look.</summary>
    private sealed class SameApproval : IEqualityComparer<MigrationApproval>
    {
        public bool Equals(MigrationApproval? one, MigrationApproval? other) => ReferenceEquals(one, other);

        public int GetHashCode(MigrationApproval approval) => RuntimeHelpers.GetHashCode(approval);
    }
}
