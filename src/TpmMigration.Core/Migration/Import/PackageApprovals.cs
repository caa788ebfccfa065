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
        List<MigratingKey> migrating = package.Keys.Where(key => key.Blob is MigrationBlob).Select(key => new MigratingKey(key)).ToList();
        ILookup<string, MigratingKey> byName = migrating.ToLookup(key => Id(key.Key.PublicArea.Name));
        foreach (MigrationApproval approval in package.Approvals.Select(Read))
        {
            IReadOnlyList<MigratingKey> keys = approval switch
            {
                OwnerApproval owner => Check(owner, package, [.. byName[Id(owner.KeyTpmName)].Take(1)]),
                SelectionApproval selection => Check(selection, package, selection.Key == null ? migrating : [.. byName[Id(selection.Key.TpmName)]]),
                _ => [],
            };
            RequireDestination(approval, package);
            foreach (MigratingKey key in keys) key.Approvals.Add(approval);
        }
        foreach (MigratingKey key in migrating) RequireEnough(key);
    }

    /// <summary>The keys that the Owner approved.</summary>
    private static IReadOnlyList<MigratingKey> Check(OwnerApproval approval, MigrationPackage package, IReadOnlyList<MigratingKey> keys)
    {
        if (keys.Count == 0)
            throw new ApprovalException(ApprovalFault.ForAnotherKey, $"An approval in the package is for the key '{approval.KeyName}', which does not migrate in it.");
        if (approval.Ticket is { } ticket && ticket.InnerWrap != (package.InnerWrap != null))
            throw new ApprovalException(ApprovalFault.ForAnotherForm, $"What was approved for the key '{approval.KeyName}' is to go {(ticket.InnerWrap ? "with" : "without")} an inner wrap, and the package {(ticket.InnerWrap ? "has none" : "has one")}.");
        if (!SecretBytes.FixedTimeEquals(approval.MachineName, package.Source.Name))
            throw new ApprovalException(ApprovalFault.ForAnotherMachine, $"The approval for the key '{approval.KeyName}' was given on '{approval.MachineHost}', which is not the machine that the package comes from.");
        RequireTimely(approval, package.Created, $"for the key '{approval.KeyName}'");
        return keys;
    }

    /// <summary>The keys for which an authority's approval counts.</summary>
    private static IReadOnlyList<MigratingKey> Check(SelectionApproval approval, MigrationPackage package, IReadOnlyList<MigratingKey> keys)
    {
        string by = $"'{approval.Signature!.Signer.Description}'";
        if (approval.Decision == SelectionDecision.Denied)
            throw new ApprovalException(ApprovalFault.Denied, $"{by} forbids that what the package holds goes to '{approval.DestinationHost}': {approval.Reason}");
        byte[] authority = approval.Authority.TpmName;
        List<MigratingKey> its = keys.Where(key => key.Selection?.Authorities.Any(name => SecretBytes.FixedTimeEquals(name, authority)) == true).ToList();
        if (its.Count == 0)
            throw new ApprovalException(ApprovalFault.ForAnotherKey, $"An approval in the package is by {by}, and no key that it is for names this authority in its policy.");
        RequireTimely(approval, package.Created, "of " + by);
        if (package.Created < approval.NotBefore)
            throw new ApprovalException(ApprovalFault.NotYetValid, FormattableString.Invariant($"The approval of {by} begins at {approval.NotBefore:u}, after the package was made."));
        return its;
    }

    private static void RequireDestination(MigrationApproval approval, MigrationPackage package)
    {
        if (SecretBytes.FixedTimeEquals(approval.DestinationName, package.Destination.Parent.Name)) return;
        string what = approval is OwnerApproval owner ? $"What was approved for the key '{owner.KeyName}'" : "What was approved";
        throw new ApprovalException(ApprovalFault.ForAnotherDestination, $"{what} is to go to '{approval.DestinationHost}', and the package is for '{package.Destination.HostName}'.");
    }

    private static void RequireTimely(MigrationApproval approval, DateTime packageCreated, string what)
    {
        if (approval.Created > approval.ValidUntil || packageCreated > approval.ValidUntil)
            throw new ApprovalException(ApprovalFault.Expired, FormattableString.Invariant($"The approval {what} had ended at {approval.ValidUntil:u}, before the package was made."));
    }

    private static void RequireEnough(MigratingKey key)
    {
        if (key.Selection is { } selection)
        {
            int authorities = key.Approvals.OfType<SelectionApproval>().Select(approval => approval.Authority).Distinct().Count();
            if (authorities >= selection.Quorum) return;
            throw authorities == 0
                ? new ApprovalException(ApprovalFault.Missing, $"The package holds no approval of a Migration Selection Authority for the key '{key.Key.Name}', without which its TPM could not have let it go.")
                : new ApprovalException(ApprovalFault.TooFew, $"The key '{key.Key.Name}' asks for {selection.Quorum} Migration Selection Authorities, and the package holds approvals of {authorities}: its TPM could not have let it go.");
        }
        if (key.NeedsOwner && !key.Approvals.OfType<OwnerApproval>().Any())
            throw new ApprovalException(ApprovalFault.Missing, $"The package holds no approval for the key '{key.Key.Name}', without which its TPM could not have let it go.");
    }

    private static MigrationApproval Read(byte[] document)
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

    private static string Id(byte[] name) => Convert.ToBase64String(name);

    private sealed class MigratingKey
    {
        internal MigratingKey(PackageKey key)
        {
            KeyClassification classification = KeyClassification.Of(key.PublicArea, key.Policy);
            (Key, Selection, NeedsOwner) = (key, classification.Selection, classification.Kind == KeyKind.Migratable);
        }

        internal PackageKey Key { get; }

        internal SelectionPolicy? Selection { get; }

        internal bool NeedsOwner { get; }

        internal List<MigrationApproval> Approvals { get; } = [];
    }
}
