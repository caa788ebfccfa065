using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Holds a receipt, whose signature was verified when it was read, against what this store knows of the exports of its keys. Only then may
/// a key go. No TPM is asked.
/// </summary>
public sealed class ReceiptExaminer
{
    private const TpmaObject BoundToItsTpm = TpmaObject.FixedTpm | TpmaObject.FixedParent | TpmaObject.SensitiveDataOrigin;

    private readonly KeyStore _store;
    private readonly MigrationReceipt _receipt;
    private readonly Func<SignerIdentity, TrustVerdict> _judge;
    private readonly IReadOnlyDictionary<string, KeyExport> _exports;
    private readonly Dictionary<string, ReceiptKey> _received;
    private readonly Dictionary<string, StoredKey> _keys;
    private readonly ILookup<string, StoredKey> _children;
    private TrustVerdict? _verdict;

    /// <param name="store">The store of the source.</param>
    /// <param name="receipt">The receipt as it was read.</param>
    /// <param name="judge">How the receipt's signer stands here; asked only where its attestation key is not known from the export.</param>
    /// <exception cref="KeyStoreException">The store cannot be read.</exception>
    public ReceiptExaminer(KeyStore store, MigrationReceipt receipt, Func<SignerIdentity, TrustVerdict> judge)
    {
        _store = store;
        _receipt = receipt;
        _judge = judge;
        _exports = store.LastExports();
        _received = receipt.Keys.ToDictionary(key => Hex.Format(key.TpmName), StringComparer.Ordinal);
        _keys = store.Enumerate().Where(entry => !entry.IsDamaged).Select(entry => entry.Key!).ToDictionary(key => key.Record.Name, KeyName.Comparer);
        _children = _keys.Values.Where(key => key.Record.Parent.KeyName != null).ToLookup(key => key.Record.Parent.KeyName!, KeyName.Comparer);
    }

    /// <summary>The names of the keys here that the receipt tells of, children after their parents.</summary>
    /// <exception cref="ReceiptException">There is none.</exception>
    public IReadOnlyList<string> KeysHere()
    {
        ILookup<string, string> here = _keys.Values.Where(key => key.Record.Origin.PackageId != _receipt.PackageId)
            .ToLookup(key => Hex.Format(key.PublicArea().Name), key => key.Record.Name, StringComparer.Ordinal);
        List<string> names = _receipt.Keys.SelectMany(key => here[Hex.Format(key.TpmName)]).ToList();
        return names.Count != 0 ? names : throw new ReceiptException(ReceiptFault.ForAnotherKey, $"The receipt of '{_receipt.HostName}' tells of no key that is in this store.");
    }

    /// <summary>Finds what may be removed by this receipt: a key with all that lives under it and went along.</summary>
    /// <param name="name">A key of the store.</param>
    /// <returns>Children first.</returns>
    /// <exception cref="ReceiptException">The receipt is not enough; nothing may be removed.</exception>
    /// <exception cref="KeyException">There is no such key.</exception>
    /// <exception cref="KeyStoreException">The key is damaged.</exception>
    public IReadOnlyList<MigratedKey> Plan(string name)
    {
        StoredKey key = _store.Find(name)?.Require()
            ?? throw new KeyException(KeyFault.NotFound, $"There is no key named '{name}' in the store. Get-TpmKey lists them.");
        List<StoredKey> all = [];
        Collect(key);
        RequireReceived(key);
        List<string> left = all.Where(below => !_received.ContainsKey(Hex.Format(below.PublicArea().Name))).Select(below => $"'{below.Record.Name}'").ToList();
        if (left.Count != 0)
            throw new ReceiptException(ReceiptFault.ChildrenLeft, $"The key '{name}' is the parent of {string.Join(", ", left.Take(5))}, which did not go along and would be lost with it. Export the key again with what is under it.");
        all.ForEach(Require);
        DateTime now = StoredKeys.Now();
        return all.ConvertAll(gone => new MigratedKey(gone.Record.Name, gone.PublicArea().Name, now, _receipt.HostName, _receipt.ParentName, _receipt.PackageId, _receipt.Id));

        void Collect(StoredKey parent)
        {
            if (all.Contains(parent)) return;
            byte[] tpmName = parent.PublicArea().Name;
            // A child of a former key of this name does not load under this one: it does not hang on it.
            foreach (StoredKey child in _children[parent.Record.Name].Where(child => SecretBytes.FixedTimeEquals(child.Record.Parent.TpmName, tpmName)))
                Collect(child);
            all.Add(parent);
        }
    }

    private void Require(StoredKey key)
    {
        ReceiptKey received = RequireReceived(key);
        RequireExport(key);
        if (!SecretBytes.FixedTimeEquals(RootOf(key), _receipt.SourceName))
            throw new ReceiptException(ReceiptFault.ForAnotherMachine, "The receipt is for the keys of another machine, or this one's TPM was cleared since. Use it where the package came from.");
        if (received.Parent is { } parent && !SecretBytes.FixedTimeEquals(parent, key.Record.Parent.TpmName))
            throw Contradicted(received, "It is under another parent there than here.");
        RequireProof(received);
    }

    private ReceiptKey RequireReceived(StoredKey key)
    {
        string name = key.Record.Name;
        if (!_received.TryGetValue(Hex.Format(key.PublicArea().Name), out ReceiptKey? received))
            throw new ReceiptException(ReceiptFault.ForAnotherKey, $"The receipt of '{_receipt.HostName}' does not tell of the key '{name}', which stays. Get the receipt for the package that the key went with.");
        // Where a key moved from one parent to another of the same machine, both are here.
        if (key.Record.Origin.PackageId == _receipt.PackageId)
            throw new ReceiptException(ReceiptFault.ForAnotherKey, $"The key '{name}' is the one that came with the package; the receipt is for the one that went. It stays.");
        return received;
    }

    private void RequireExport(StoredKey key)
    {
        string name = key.Record.Name;
        KeyExport export = KeyStore.LastExportOf(_exports, key.PublicArea().Name)
            ?? throw new ReceiptException(ReceiptFault.NotExported, $"This store does not know of an export of the key '{name}', so no receipt can be for it. The key stays.");
        if (export.PackageId != _receipt.PackageId)
            throw new ReceiptException(ReceiptFault.ForAnotherPackage, $"The receipt is for the package {_receipt.PackageId:D}, and the key '{name}' was last exported in the package {export.PackageId:D}. Get the receipt for that one.");
        if (!SecretBytes.FixedTimeEquals(export.DestinationName, _receipt.ParentName))
            throw new ReceiptException(ReceiptFault.ForAnotherDestination, $"The receipt is of another destination than the one to which the key '{name}' was exported ('{export.DestinationHost}').");
        RequireTrust(export);
    }

    private void RequireTrust(KeyExport export)
    {
        if (export.AttestationKeyName is { } known && SecretBytes.FixedTimeEquals(known, _receipt.AttestationKey.Name) && IsBoundTo(known)) return;
        SignerIdentity signer = _receipt.Signature!.Signer;
        _verdict ??= _judge(signer);
        if (!_verdict.IsTrusted)
            throw new ReceiptException(ReceiptFault.NotTrusted, $"The receipt is not of the attestation key that certified the destination when the key was exported, and its signer is not trusted here otherwise: {_verdict.Reason}");
    }

    /// <summary>Whether the signer is in the TPM of an attestation key, and cannot leave it.</summary>
    private bool IsBoundTo(byte[] attestationKey) =>
        _receipt.Signature!.Signer is PlatformIdentity { Certification: { } certification } platform
        && platform.PublicArea.Has(BoundToItsTpm)
        && SecretBytes.FixedTimeEquals(certification.AttestationKey.Name, attestationKey)
        && certification.Contradiction(platform.PublicArea) == null;

    private void RequireProof(ReceiptKey received)
    {
        while (received.Parent is { } parent) received = _received[Hex.Format(parent)]; // The reader saw to it that parents come first.
        if (ReceiptProofs.Contradiction(_receipt, received.TpmName, received.Proof!) is { } contradiction) throw Contradicted(received, contradiction);
    }

    private ReceiptException Contradicted(ReceiptKey received, string why) =>
        new(ReceiptFault.ProofContradicted, $"The receipt does not prove that '{_receipt.HostName}' has the key '{received.Name}'. {why} Nothing was removed.");

    /// <summary>The TPM name of the storage root key that a key is under by the records of the store; empty where that cannot be told.</summary>
    private byte[] RootOf(StoredKey key)
    {
        var seen = new HashSet<string>(KeyName.Comparer);
        for (StoredKey? current = key; current != null && seen.Add(current.Record.Name);)
        {
            KeyParent parent = current.Record.Parent;
            if (parent.KeyName == null) return parent.TpmName;
            current = _keys.TryGetValue(parent.KeyName, out StoredKey? above) ? above : null;
        }
        return [];
    }
}
