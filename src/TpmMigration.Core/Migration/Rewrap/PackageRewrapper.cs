using System;
using System.Collections.Generic;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Wraps a package anew for another destination, as a vault: this machine's TPM holds the parent the package is wrapped to, and rewraps key by
/// key (TPM2_Rewrap), so that no key is in the clear outside it. An inner wrap stays as it is.
/// </summary>
public sealed class PackageRewrapper
{
    private readonly KeyLoader _loader;
    private readonly MigrationDestination _destination;
    private readonly KeyPasswords _passwords;
    private readonly Action<int, string>? _progress;
    private (MigrationPackage Package, string? Parent)? _checked;

    /// <param name="loader">TPM and store.</param>
    /// <param name="destination">Where the keys are to go.</param>
    /// <param name="passwords">The password of the parent, where it has one.</param>
    /// <param name="progress">Called before each key with its number from 0 and its name.</param>
    public PackageRewrapper(KeyLoader loader, MigrationDestination destination, KeyPasswords passwords, Action<int, string>? progress = null)
    {
        _loader = loader;
        _destination = destination;
        _passwords = passwords;
        _progress = progress;
    }

    /// <summary>Sees to it that a package can go to the destination, without a TPM command that changes anything.</summary>
    /// <param name="package">The package.</param>
    /// <param name="decisions">Approvals and denials of authorities.</param>
    /// <exception cref="ImportException">It is for another machine, or this TPM has no TPM2_Rewrap.</exception>
    /// <exception cref="ApprovalException">The approvals in it do not fit it, or those who must have not approved the destination.</exception>
    /// <exception cref="ArgumentException">It is for the destination already.</exception>
    public void Check(MigrationPackage package, IReadOnlyList<SelectionApproval> decisions)
    {
        _ = ParentOf(package);
        _ = RequireApproved(package, decisions, StoredKeys.Now());
    }

    /// <summary>Wraps a package anew; its signature is gone, and whoever rewrapped it is to sign it.</summary>
    /// <inheritdoc cref="Check"/>
    /// <exception cref="PackageIntegrityException">The TPM does not accept a key, or the data key.</exception>
    public MigrationPackage Rewrap(MigrationPackage package, IReadOnlyList<SelectionApproval> decisions)
    {
        string? parent = ParentOf(package);
        // The time of the rewrap is that of its beginning: an approval that held then must not look over at the end.
        DateTime now = StoredKeys.Now();
        IReadOnlyList<SelectionApproval> approvals = RequireApproved(package, decisions, now);
        TpmObject oldParent = _loader.LoadParent(parent);
        TpmObject newParent = _loader.LoadExternal(_destination.Parent);
        try
        {
            var step = new RewrapStep(_loader.Device, oldParent.Handle, newParent.Handle, () => _loader.ParentAuthorization(oldParent));
            MigrationPackage rewrapped = PackageBlobs.Rewrap(package, step.Run, _progress);
            return PackageBlobs.Redirect(rewrapped, _destination.ForPackage(), now, approvals);
        }
        finally
        {
            _loader.Device.Flush(newParent.Handle);
        }
    }

    /// <summary>The parent that a package is wrapped to, by its name in the store; null for the storage root key. A package is checked once.</summary>
    private string? ParentOf(MigrationPackage package)
    {
        if (_checked is { } known && ReferenceEquals(known.Package, package)) return known.Parent;
        PackageApprovals.Check(package);
        if (SecretBytes.FixedTimeEquals(package.Destination.Parent.Name, _destination.Parent.Name))
            throw new ArgumentException($"The package is for '{_destination.HostName}' already.");
        if (package.Destination.Kind == PackageDestinationKind.EndorsementKey)
            throw new ImportException(ImportFault.ForAnotherMachine, "The package is wrapped to an endorsement key: only the machine with that TPM imports it. A vault has packages wrapped to a storage key.");
        string? parent = PackageImporter.FindParent(_loader, package);
        if (parent != null) KeyAncestry.RequireParent(_loader, parent, _passwords);
        if (!_loader.Device.HasCommand(TpmCc.Rewrap))
            throw new ImportException(ImportFault.RewrapUnsupported, "This machine's TPM does not have the command TPM2_Rewrap, so it cannot wrap a package anew. Import the keys here and export them to the destination, or keep the vault on another machine.");
        _checked = (package, parent);
        return parent;
    }

    private IReadOnlyList<SelectionApproval> RequireApproved(MigrationPackage package, IReadOnlyList<SelectionApproval> decisions, DateTime utc) =>
        ReleaseApprovals.Require(package, _destination.Parent.Name, _destination.HostName, decisions, utc);
}
