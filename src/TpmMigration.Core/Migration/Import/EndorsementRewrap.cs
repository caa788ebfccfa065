using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Turns what is wrapped to this TPM's endorsement key into what is wrapped to its storage root key, inside the TPM: keys that live under an
/// endorsement key could be used by nobody without the endorsement hierarchy. One policy session serves all keys. All are rewrapped before the first is
/// imported, since then the endorsement key's slot is free for them.
/// </summary>
internal sealed class EndorsementRewrap : IDisposable
{
    private const uint EndorsementAuthSet = 2;

    private readonly TpmDevice _device;
    private readonly RewrapStep _step;
    private readonly TpmtPublic _endorsement;
    private readonly TpmSession _session;
    private bool _fresh = true;

    private EndorsementRewrap(KeyLoader loader, TpmObject endorsement)
    {
        _device = loader.Device;
        _step = new RewrapStep(loader.Device, endorsement.Handle, loader.StorageRoot.Handle, Authorize);
        _endorsement = endorsement.PublicArea;
        _session = TpmSession.Start(_device, TpmSe.Policy, hash: endorsement.PublicArea.NameAlg);
    }

    /// <summary>Sees to it that this TPM can rewrap a package that is for its endorsement key. Other packages pass.</summary>
    /// <exception cref="ImportException">It has no such command, or the endorsement hierarchy has a password.</exception>
    internal static void RequirePossible(KeyLoader loader, MigrationPackage package)
    {
        if (package.Destination.Kind != PackageDestinationKind.EndorsementKey) return;
        if (!loader.Device.HasCommand(TpmCc.Rewrap))
        {
            throw new ImportException(
                ImportFault.RewrapUnsupported,
                "The package is wrapped to the endorsement key of this machine's TPM, and this TPM does not have the command TPM2_Rewrap. Make a destination with a storage key here (Get-TpmMigrationDestination), and have the keys exported anew to that.");
        }
        if (loader.Device.GetProperties(TpmPt.Permanent, 1).TryGetValue(TpmPt.Permanent, out uint set) && (set & EndorsementAuthSet) != 0) throw PasswordSet(null);
    }

    /// <summary>The package as if it had been made for the storage root key, where it is for the endorsement key; otherwise the package.</summary>
    /// <param name="loader">The TPM.</param>
    /// <param name="package">A package for this machine.</param>
    /// <param name="refused">Takes the keys that the TPM refuses; they stay as they are and must not be imported. Null to throw at the first.</param>
    /// <exception cref="PackageIntegrityException">The TPM does not accept the data key, or a key where <paramref name="refused"/> is null.</exception>
    /// <exception cref="ImportException">The endorsement hierarchy has a password.</exception>
    internal static MigrationPackage ToStorageRoot(KeyLoader loader, MigrationPackage package, IDictionary<Guid, PackageIntegrityException>? refused = null)
    {
        if (package.Destination.Kind != PackageDestinationKind.EndorsementKey) return package;
        using EndorsementRewrap rewrap = Begin(loader, package);
        PackageDataKey? dataKey = package.DataKey is { } key && package.Keys.Any(k => k.Data.Count != 0) ? rewrap.Run(step => step.Run(key)) : package.DataKey;
        List<PackageKey> keys = new(package.Keys.Count);
        foreach (PackageKey each in package.Keys)
        {
            try
            {
                keys.Add(each.Blob is MigrationBlob blob ? each with { Blob = rewrap.Run(step => step.Run(each, blob)) } : each);
            }
            catch (PackageIntegrityException e) when (refused != null)
            {
                refused.Add(each.Id, e);
                keys.Add(each);
            }
        }
        return package with { DataKey = dataKey, Keys = keys };
    }

    /// <summary>A secret that came apart from the package, for the same parent, as if it had been made for the storage root key.</summary>
    /// <exception cref="PackageIntegrityException">The TPM does not accept it.</exception>
    internal static SealedSecret ToStorageRoot(KeyLoader loader, MigrationPackage package, SealedSecret secret)
    {
        if (package.Destination.Kind != PackageDestinationKind.EndorsementKey) return secret;
        using EndorsementRewrap rewrap = Begin(loader, package);
        return rewrap.Run(step => step.Run(secret));
    }

    public void Dispose() => _session.Dispose();

    private static EndorsementRewrap Begin(KeyLoader loader, MigrationPackage package) => new(loader, loader.FindEndorsementKey(package.Destination.Parent)
        ?? throw new InvalidOperationException("That the endorsement key is this TPM's is seen to before."));

    private T Run<T>(Func<RewrapStep, T> run)
    {
        T result = run(_step);
        _fresh = true; // Used with success, a policy session that goes on starts anew.
        return result;
    }

    private TpmAuthorization Authorize()
    {
        if (!_fresh) _device.Execute(new PolicyRestart { PolicySession = _session.Handle });
        _fresh = false;
        try
        {
            EndorsementKey.Satisfy(_device, _session, _endorsement);
        }
        catch (TpmException e) when (e.Code == TpmRc.BadAuth || e.Code == TpmRc.AuthFail)
        {
            throw PasswordSet(e);
        }
        return _session.Authorize([]);
    }

    private static ImportException PasswordSet(TpmException? refusal) => new(
        ImportFault.EndorsementPassword,
        "The package is wrapped to the endorsement key of this machine's TPM, and its endorsement hierarchy has a password, with which this module does not work. Make a destination with a storage key here (Get-TpmMigrationDestination), and have the keys exported anew to that; or take the password away for the import.",
        refusal);
}
