using System;
using System.Collections.Generic;
using System.IO;
using TpmMigration.Approvals;
using TpmMigration.Packages;
using TpmMigration.Signatures;

namespace TpmMigration.Migration;

/// <summary>
/// Makes every check that an import makes, and goes on where one fails, as far as the rest still has a meaning. A rehearsal lets the TPM
/// take the keys in and prove them as well, and leaves nothing behind.
/// </summary>
public sealed class PackageVerifier
{
    private readonly SignerIdentity? _own;
    private readonly TrustRegister _register;
    private readonly PackageLimits? _limits;
    private readonly List<PackageFinding> _findings = [];

    /// <param name="own">This machine's own signer; null if it has none.</param>
    /// <param name="register">Who is trusted.</param>
    /// <param name="limits">How much is taken in; null for the default.</param>
    public PackageVerifier(SignerIdentity? own, TrustRegister register, PackageLimits? limits = null)
    {
        _own = own;
        _register = register;
        _limits = limits;
    }

    /// <summary>Verifies a package. No TPM is needed.</summary>
    /// <param name="input">The package in UTF-8.</param>
    /// <param name="rehearsal">Goes on with the package that was read; null to leave out what takes a TPM.</param>
    public PackageReport Verify(Stream input, PackageRehearsal? rehearsal = null)
    {
        _findings.Clear();
        MigrationPackage? package = Read(input);
        if (package == null) return new PackageReport(null, [.. _findings]);
        TrustVerdict trust = PackageTrust.Judge(_register, _own, package);
        Add(PackageCheck.Trust, trust.IsTrusted ? null : new UntrustedSignerException(package.Signature!.Signer, trust), trust.Reason);
        Try(PackageCheck.Approvals, () => PackageApprovals.Check(package), ApprovalsReason(package));
        if (rehearsal != null)
        {
            _findings.AddRange(rehearsal.Run(package));
        }
        else
        {
            NotChecked(PackageCheck.Destination, $"The package is for '{package.Destination.HostName}'. Whether its key is in this machine's TPM is found by a rehearsal.");
            NotChecked(PackageCheck.Key, "That keys can be taken in and work is found by a rehearsal, on the machine they are for.");
        }
        return new PackageReport(package, [.. _findings]);
    }

    private MigrationPackage? Read(Stream input)
    {
        PackageCheck failed;
        Exception cause;
        try
        {
            MigrationPackage package = PackageReader.Read(input, _limits);
            Passed(PackageCheck.Form, "It is a Migration Package of version " + PackageSchema.FormatVersion + ".");
            Passed(PackageCheck.Signature, $"Signed by {package.Signature!.Signer.Description}.");
            Passed(PackageCheck.Integrity, "Names, policies and parents fit the public areas.");
            return package;
        }
        catch (PackageFormatException e)
        {
            (failed, cause) = (PackageCheck.Form, e);
        }
        catch (SignatureException e)
        {
            (failed, cause) = (PackageCheck.Signature, e);
        }
        catch (PackageIntegrityException e)
        {
            (failed, cause) = (PackageCheck.Integrity, e);
        }
        foreach (PackageCheck check in (PackageCheck[])Enum.GetValues(typeof(PackageCheck)))
        {
            if (check < failed) Passed(check, "Nothing was found against it.");
            else if (check == failed) Add(check, cause, cause.Message);
            else NotChecked(check, "The checks before it must pass first.");
        }
        return null;
    }

    private static string ApprovalsReason(MigrationPackage package) => package.Approvals.Count == 0
        ? "No key in the package needs one."
        : "The approvals in the package are for its keys, its destination and its source.";

    private void Try(PackageCheck check, Action run, string reason)
    {
        try
        {
            run();
            Passed(check, reason);
        }
        catch (ApprovalException e)
        {
            Add(check, e, e.Message);
        }
    }

    private void Passed(PackageCheck check, string reason) => Add(check, null, reason);

    private void NotChecked(PackageCheck check, string reason) => _findings.Add(new PackageFinding(check, CheckVerdict.NotChecked, null, reason));

    private void Add(PackageCheck check, Exception? cause, string reason) =>
        _findings.Add(new PackageFinding(check, cause == null ? CheckVerdict.Passed : CheckVerdict.Failed, null, reason, cause));
}
