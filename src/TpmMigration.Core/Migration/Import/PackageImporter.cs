using System;
using System.Collections.Generic;
using System.Runtime.ExceptionServices;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;
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
    private readonly PcrComparison _pcrs;

    // Approvals of thousands of keys are not read twice. What changes meanwhile, a name that is taken, the store's commit refuses.
    private (MigrationPackage Package, IReadOnlyList<ImportObstacle> Obstacles)? _examined;

    public PackageImporter(KeyLoader loader, ImportRequest request, KeyPasswords passwords)
    {
        _loader = loader;
        _request = request;
        _passwords = passwords;
        _pcrs = new PcrComparison(loader.Device);
    }

    /// <summary>All that would stop the import, found without a TPM command that changes anything.</summary>
    /// <returns>What concerns the whole package first: trust, approvals, its new parent; then what concerns single keys.</returns>
    public IReadOnlyList<ImportObstacle> Obstacles(MigrationPackage package)
    {
        if (_examined is { } examined && ReferenceEquals(examined.Package, package)) return examined.Obstacles;
        List<ImportObstacle> obstacles = [];
        void Try(string? keyName, Action check)
        {
            try
            {
                check();
            }
            catch (Exception e) when (e is UntrustedSignerException or ApprovalException or ImportException or KeyStoreException or KeyException or PackageIntegrityException or KeyDataException or ReceiptException or RecoveryException
                or KeyAuthorizationException { WasTried: false })
            {
                obstacles.Add(new ImportObstacle(keyName, e));
            }
        }

        Try(null, () => CheckTrust(package));
        Try(null, () => PackageApprovals.Check(package));
        Try(null, () => CheckParent(package));
        Try(null, () => DataUnpacker.Examine(package));
        Try(null, () => _request.Recovery.Examine(package));
        var names = new HashSet<string>(KeyName.Comparer);
        foreach (PackageKey key in package.Keys)
        {
            Try(key.Name, () => CheckName(key, names));
            Try(key.Name, () => CheckKey(package, key));
            if (!_request.SkipProof) Try(key.Name, () => _pcrs.Require(key));
        }
        _examined = (package, obstacles);
        return obstacles;
    }

    /// <summary>After an import: the signed receipt, with which the source can remove its keys; null where none was asked for.</summary>
    public string? Receipt { get; private set; }

    /// <summary>The PCRs that keep a key of the package from being used here as long as they are as they are; none for most keys.</summary>
    public IReadOnlyList<PcrDifference> PcrDifferences(PackageKey key) => _pcrs.Differences(key);

    /// <summary>Imports the package.</summary>
    /// <returns>The stored keys, in the package's order.</returns>
    /// <exception cref="UntrustedSignerException">Its signer is not trusted, and nobody accepts that.</exception>
    /// <exception cref="ApprovalException">The approvals in the package do not fit it.</exception>
    /// <exception cref="ImportException">The package is for another machine, a password is missing, a key does not work, or PCRs keep it from being used.</exception>
    /// <exception cref="KeyException">The TPM refuses a key.</exception>
    /// <exception cref="KeyStoreException">A name is taken or not allowed, or the store cannot take the keys; it is as it was.</exception>
    /// <exception cref="PackageIntegrityException">The package was altered.</exception>
    /// <exception cref="ReceiptException">There cannot be a receipt for one of the keys.</exception>
    /// <exception cref="RecoveryException">Nothing at hand opens the inner wrap.</exception>
    public IReadOnlyList<StoredKey> Import(MigrationPackage package)
    {
        if (Obstacles(package) is [var first, ..]) ExceptionDispatchInfo.Capture(first.Cause).Throw();
        string? parent = FindParent(package);
        package = EndorsementRewrap.ToStorageRoot(_loader, package);
        using var intake = new PackageIntake(_loader, _passwords, _request, package, parent, _pcrs);
        try
        {
            List<TakenKey> taken = [];
            foreach (PackageKey key in package.Keys)
            {
                _request.Progress?.Invoke(taken.Count, key.Name);
                taken.Add(intake.Take(key));
            }
            string? receipt = intake.Receipt();
            _loader.Store.Commit(taken.ConvertAll(ToChange), _loader.Device.Cancellation);
            Receipt = receipt; // Only now is it true.
            return taken.ConvertAll(t => t.Key);
        }
        catch
        {
            intake.Undo();
            throw;
        }
    }

    /// <summary>The new parent of a package on this machine.</summary>
    /// <returns>Its name in the store; null for the storage root key, to which an endorsement key rewraps.</returns>
    /// <exception cref="ImportException">This machine does not have it.</exception>
    internal static string? FindParent(KeyLoader loader, MigrationPackage package)
    {
        byte[] name = package.Destination.Parent.Name;
        bool isEndorsementKey = package.Destination.Kind == PackageDestinationKind.EndorsementKey;
        if (isEndorsementKey ? loader.FindEndorsementKey(package.Destination.Parent) != null : SecretBytes.FixedTimeEquals(name, loader.StorageRoot.Handle.Name)) return null;
        return (isEndorsementKey ? null : KeyInventory.NameOf(loader.Store, name, loader.Device.Cancellation)) ?? throw new ImportException(
            ImportFault.ForAnotherMachine,
            $"The package is wrapped to a key of '{package.Destination.HostName}' that this machine's TPM does not have. Import it there, or have it exported anew with this machine's destination (Get-TpmMigrationDestination).");
    }

    private string? FindParent(MigrationPackage package) => FindParent(_loader, package);

    private void CheckTrust(MigrationPackage package)
    {
        if (!_request.Trust.IsTrusted && _request.Acceptance == null)
            throw new UntrustedSignerException(package.Signature!.Signer, _request.Trust);
    }

    private void CheckParent(MigrationPackage package)
    {
        if (FindParent(package) is { } parent) KeyAncestry.RequireParent(_loader, parent, _passwords);
        EndorsementRewrap.RequirePossible(_loader, package);
    }

    private void CheckName(PackageKey key, HashSet<string> names)
    {
        string name = _request.NameFor(key);
        KeyName.Check(name);
        if (!_request.Force && _loader.Store.Find(name) != null)
            throw new KeyStoreException(KeyStoreFault.KeyExists, $"A key named '{name}' is in the store already. Give the imported key another name with -NewName, or replace the key with -Force.") { KeyName = name };
        if (!names.Add(name))
            throw new KeyStoreException(KeyStoreFault.KeyExists, $"Two keys of the package would be named '{name}'. Give each a name of its own with -NewName.") { KeyName = name };
    }

    private void CheckKey(MigrationPackage package, PackageKey key)
    {
        if (key.HasPassword && _passwords.Key.Length == 0 && !_request.SkipProof)
            throw new ImportException(ImportFault.PasswordNeeded, $"The key '{key.Name}' has a password, and without it the key cannot be proven to work. Give it with -KeyPassword, or import without proof with -SkipProof.");
        if (_request.WantsReceipt) ReceiptMaker.Examine(key, _passwords);
        TpmtPublic parent = package.Destination.Parent;
        if (key.Blob is MigrationBlob && !parent.Has(TpmaObject.FixedTpm) && parent.Has(TpmaObject.EncryptedDuplication) != key.PublicArea.Has(TpmaObject.EncryptedDuplication))
            throw new KeyException(KeyFault.EncryptedDuplicationMismatch, $"The key '{key.Name}' and its new parent differ in encryptedDuplication, so no TPM takes it in there. Have it exported to another destination.");
    }

    private KeyChange ToChange(TakenKey taken)
    {
        StoredKey key = taken.Key;
        KeyChange change = _request.Force && _loader.Store.Find(key.Record.Name) != null
            ? KeyChange.Replace(key.Record, key.KeyFile)
            : KeyChange.Add(key.Record, key.KeyFile);
        return change.With(taken.Data);
    }
}
