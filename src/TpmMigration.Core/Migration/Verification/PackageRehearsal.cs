using System;
using System.Collections.Generic;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;

namespace TpmMigration.Migration;

/// <summary>Plays an import up to the point where something would be written: each key is taken in by the TPM, proven, and let go.</summary>
public sealed class PackageRehearsal
{
    private readonly KeyLoader _loader;
    private readonly KeyPasswords _passwords;
    private readonly RecoveryMeans _recovery;
    private readonly Action<int, string>? _progress;

    /// <param name="loader">TPM and store; nothing is written to it.</param>
    /// <param name="passwords">Keys whose password is not at hand are taken in without proof.</param>
    /// <param name="recovery">What opens an inner wrap; null for nothing. Still the caller's.</param>
    /// <param name="progress">Called before each key with its number from 0 and its name.</param>
    public PackageRehearsal(KeyLoader loader, KeyPasswords passwords, RecoveryMeans? recovery = null, Action<int, string>? progress = null)
    {
        _recovery = recovery ?? RecoveryMeans.None;
        _loader = loader;
        _passwords = passwords;
        _progress = progress;
    }

    /// <summary>What it comes to: the destination, then key by key.</summary>
    internal IEnumerable<PackageFinding> Run(MigrationPackage package)
    {
        string? parent;
        try
        {
            parent = PackageImporter.FindParent(_loader, package);
            EndorsementRewrap.RequirePossible(_loader, package);
        }
        catch (ImportException e)
        {
            // To be for another machine is no fault of a package, nor is a TPM that cannot rewrap.
            return
            [
                new PackageFinding(PackageCheck.Destination, CheckVerdict.NotChecked, null, e.Message),
                new PackageFinding(PackageCheck.Key, CheckVerdict.NotChecked, null, e.Fault == ImportFault.ForAnotherMachine
                    ? $"Only the TPM of '{package.Destination.HostName}' can take these keys in."
                    : "As it is, this machine's TPM does not take these keys in."),
            ];
        }
        return RunKeys(package, parent);
    }

    private List<PackageFinding> RunKeys(MigrationPackage package, string? parent)
    {
        List<PackageFinding> findings = [new(PackageCheck.Destination, CheckVerdict.Passed, null, $"The new parent is {(package.Destination.Kind == PackageDestinationKind.EndorsementKey ? "the endorsement key" : parent == null ? "the storage root key" : $"the key '{parent}'")} of this machine.")];
        // Trust was weighed before; here the TPM alone is asked.
        var request = new ImportRequest
        {
            Trust = new TrustVerdict(TrustStanding.Trusted, null, "A rehearsal stores nothing."),
            SkipProof = _passwords.Key.Length == 0,
            OnlyTellsPcrs = true,
            Recovery = _recovery,
        };
        Dictionary<Guid, PackageIntegrityException> refused = [];
        PackageIntake intake;
        try
        {
            package = EndorsementRewrap.ToStorageRoot(_loader, package, refused);
            intake = new PackageIntake(_loader, _passwords, request, package, parent, new PcrComparison(_loader.Device));
        }
        catch (RecoveryException e) when (e.Fault == RecoveryFault.Missing)
        {
            // To have an inner wrap is no fault of a package.
            findings.Add(new PackageFinding(PackageCheck.Key, CheckVerdict.NotChecked, null, e.Message));
            return findings;
        }
        catch (Exception e) when (IsVerdict(e))
        {
            findings.Add(new PackageFinding(PackageCheck.Key, CheckVerdict.Failed, null, e.Message, e));
            return findings;
        }
        using (intake)
        {
            HashSet<Guid> failed = [];
            for (int i = 0; i < package.Keys.Count; i++)
            {
                PackageKey key = package.Keys[i];
                _progress?.Invoke(i, key.Name);
                if (key.Blob is ChildBlob child && failed.Contains(child.ParentId))
                {
                    failed.Add(key.Id);
                    findings.Add(new PackageFinding(PackageCheck.Key, CheckVerdict.NotChecked, key.Name, "Its parent could not be taken in."));
                    continue;
                }
                PackageFinding finding = refused.TryGetValue(key.Id, out PackageIntegrityException? e) ? new(PackageCheck.Key, CheckVerdict.Failed, key.Name, e.Message, e) : Try(intake, key);
                if (finding.Verdict == CheckVerdict.Failed) failed.Add(key.Id);
                findings.Add(finding);
            }
        }
        return findings;
    }

    private PackageFinding Try(PackageIntake intake, PackageKey key)
    {
        try
        {
            if (intake.Take(key).PcrDifferences is { Count: not 0 } differences)
                return new PackageFinding(PackageCheck.Key, CheckVerdict.Passed, key.Name, $"The TPM takes it in. That it works could not be proven, since its use is bound to PCRs that differ here: {string.Join("; ", differences)}.");
            return key.HasPassword && _passwords.Key.Length == 0
                ? new PackageFinding(PackageCheck.Key, CheckVerdict.Passed, key.Name, "The TPM takes it in. That it works was not proven, for want of its password.")
                : new PackageFinding(PackageCheck.Key, CheckVerdict.Passed, key.Name, "The TPM takes it in, and it works.");
        }
        catch (Exception e) when (IsVerdict(e))
        {
            return new PackageFinding(PackageCheck.Key, CheckVerdict.Failed, key.Name, e.Message, e);
        }
    }

    /// <summary>An error that says something of the package. A wrong password is none: it ends the rehearsal, as each try brings the TPM nearer to lockout.</summary>
    private static bool IsVerdict(Exception error) => error is PackageIntegrityException or ImportException or KeyException or KeyDataException or RecoveryException;
}
