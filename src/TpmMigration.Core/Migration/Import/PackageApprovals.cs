using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Holds the approvals in a package against its keys and destination, without a TPM. The source's TPM has judged them already when it let
/// the keys go; here it is seen that the package tells the same story.
/// </summary>
public static class PackageApprovals
{
    /// <exception cref="ApprovalException">An approval is malformed, missing, over, or for something else than this package.</exception>
    public static void Check(MigrationPackage package)
    {
        Dictionary<string, PackageKey> migrating = package.Keys
            .Where(key => key.Blob is MigrationBlob)
            .GroupBy(key => Id(key.PublicArea.Name)).ToDictionary(group => group.Key, group => group.First());
        HashSet<string> approved = [];
        foreach (OwnerApproval approval in package.Approvals.Select(Read))
        {
            if (!migrating.ContainsKey(Id(approval.KeyTpmName)))
                throw new ApprovalException(ApprovalFault.ForAnotherKey, $"An approval in the package is for the key '{approval.KeyName}', which does not migrate in it.");
            if (!SecretBytes.FixedTimeEquals(approval.DestinationName, package.Destination.Parent.Name))
                throw new ApprovalException(ApprovalFault.ForAnotherDestination, $"What was approved for the key '{approval.KeyName}' is to go to '{approval.DestinationHost}', and the package is for '{package.Destination.HostName}'.");
            if (approval.Ticket is { } ticket && ticket.InnerWrap != (package.InnerWrap != null))
                throw new ApprovalException(ApprovalFault.ForAnotherForm, $"What was approved for the key '{approval.KeyName}' is to go {(ticket.InnerWrap ? "with" : "without")} an inner wrap, and the package {(ticket.InnerWrap ? "has none" : "has one")}.");
            if (!SecretBytes.FixedTimeEquals(approval.MachineName, package.Source.Name))
                throw new ApprovalException(ApprovalFault.ForAnotherMachine, $"The approval for the key '{approval.KeyName}' was given on '{approval.MachineHost}', which is not the machine that the package comes from.");
            if (approval.Created > approval.ValidUntil || package.Created > approval.ValidUntil)
                throw new ApprovalException(ApprovalFault.Expired, FormattableString.Invariant($"The approval for the key '{approval.KeyName}' had ended at {approval.ValidUntil:u}, before the package was made."));
            approved.Add(Id(approval.KeyTpmName));
        }
        PackageKey? missing = package.Keys.FirstOrDefault(key => key.Blob is MigrationBlob && !approved.Contains(Id(key.PublicArea.Name)) && NeedsOwner(key));
        if (missing != null)
            throw new ApprovalException(ApprovalFault.Missing, $"The package holds no approval for the key '{missing.Name}', without which its TPM could not have let it go.");
    }

    private static OwnerApproval Read(byte[] document)
    {
        try
        {
            return ApprovalDocument.Read(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(document));
        }
        catch (DecoderFallbackException e)
        {
            throw new ApprovalException(ApprovalFault.Malformed, "An approval in the package is not in UTF-8.", e);
        }
    }

    private static bool NeedsOwner(PackageKey key) => KeyClassification.Of(key.PublicArea, key.Policy).Kind == KeyKind.Migratable;

    private static string Id(byte[] name) => Convert.ToBase64String(name);
}
