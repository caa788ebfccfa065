using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Holds the approvals in a package against its keys and their way, without a TPM. The source's TPM has judged some of them already when it
/// let the keys go to the first new parent; here it is seen that the package tells the same story, for each parent it was wrapped to since.
/// </summary>
public static class PackageApprovals
{
    /// <exception cref="ApprovalException">An approval is malformed, missing, over, or for something else than this package.</exception>
    public static void Check(MigrationPackage package)
    {
        List<Stage> stages = StagesOf(package);
        List<SelectionAuthority> proxies = ReleaseApprovals.ProxiesOf(package);
        List<MigratingKey> migrating = package.Keys.Where(key => key.Blob is MigrationBlob).Select(key => new MigratingKey(key)).ToList();
        ILookup<string, MigratingKey> byName = migrating.ToLookup(key => Id(key.Key.PublicArea.Name));
        foreach (MigrationApproval approval in package.Approvals.Select(ApprovalDocument.Read))
        {
            IReadOnlyList<MigratingKey> keys = approval switch
            {
                OwnerApproval owner => KeysOf(owner, package, [.. byName[Id(owner.KeyTpmName)].Take(1)]),
                SelectionApproval selection => KeysOf(selection, proxies, selection.Key == null ? migrating : [.. byName[Id(selection.Key.TpmName)]]),
                _ => [],
            };
            Stage stage = StageOf(approval, stages, package);
            foreach (MigratingKey key in keys) key.Approvals.Add((approval, stage));
        }
        foreach (MigratingKey key in migrating)
        {
            foreach (Stage stage in stages.Where(stage => !stage.IsReturn)) RequireEnough(key, stage, isFirst: stage == stages[0]);
        }
    }

    /// <summary>The new parents, one after the other, each with the time from which the package was wrapped to it.</summary>
    private static List<Stage> StagesOf(MigrationPackage package)
    {
        List<Stage> stages = [];
        DateTime since = package.Created;
        bool isReturn = false;
        foreach (PackageRewrap rewrap in package.Rewraps)
        {
            stages.Add(new Stage(rewrap.ParentName, since, isReturn));
            (since, isReturn) = (rewrap.Time, rewrap.IsReturn);
        }
        stages.Add(new Stage(package.Destination.Parent.Name, since, isReturn));
        return stages;
    }

    /// <summary>The key that the Owner approved.</summary>
    private static IReadOnlyList<MigratingKey> KeysOf(OwnerApproval approval, MigrationPackage package, IReadOnlyList<MigratingKey> keys)
    {
        if (keys.Count == 0)
            throw new ApprovalException(ApprovalFault.ForAnotherKey, $"An approval in the package is for the key '{approval.KeyName}', which does not migrate in it.");
        if (approval.Ticket is { } ticket && ticket.InnerWrap != (package.InnerWrap != null))
            throw new ApprovalException(ApprovalFault.ForAnotherForm, $"What was approved for the key '{approval.KeyName}' is to go {(ticket.InnerWrap ? "with" : "without")} an inner wrap, and the package {(ticket.InnerWrap ? "has none" : "has one")}.");
        return SecretBytes.FixedTimeEquals(approval.MachineName, package.Source.Name)
            ? keys
            : throw new ApprovalException(ApprovalFault.ForAnotherMachine, $"The approval for the key '{approval.KeyName}' was given on '{approval.MachineHost}', which is not the machine that the package comes from.");
    }

    /// <summary>The keys for which an authority's approval counts: CMKs that name it, and MKs where it speaks for their owner.</summary>
    private static IReadOnlyList<MigratingKey> KeysOf(SelectionApproval approval, List<SelectionAuthority> proxies, IReadOnlyList<MigratingKey> keys)
    {
        string by = $"'{approval.Authority.Description}'";
        if (approval.Decision == SelectionDecision.Denied)
            throw new ApprovalException(ApprovalFault.Denied, $"{by} forbids that what the package holds goes to '{approval.DestinationHost}': {approval.Reason}");
        SelectionAuthority authority = approval.Authority;
        bool isProxy = proxies.Contains(authority);
        List<MigratingKey> its = keys.Where(key => key.Selection == null ? isProxy && key.NeedsOwner : key.Selection.Authorities.Any(name => SecretBytes.FixedTimeEquals(name, authority.TpmName))).ToList();
        return its.Count != 0
            ? its
            : throw new ApprovalException(ApprovalFault.ForAnotherKey, $"An approval in the package is by {by}, and no key that it is for names this authority in its policy.");
    }

    /// <summary>The new parent that an approval names, in the time in which it holds.</summary>
    private static Stage StageOf(MigrationApproval approval, List<Stage> stages, MigrationPackage package)
    {
        string what = approval is OwnerApproval owner ? $"for the key '{owner.KeyName}'" : $"of '{((SelectionApproval)approval).Authority.Description}'";
        List<Stage> its = stages.Where(stage => SecretBytes.FixedTimeEquals(stage.ParentName, approval.DestinationName)).ToList();
        if (its.Count == 0)
            throw new ApprovalException(ApprovalFault.ForAnotherDestination, $"The approval {what} is to go to '{approval.DestinationHost}', and the package is for '{package.Destination.HostName}'.");
        DateTime notBefore = approval is SelectionApproval selection ? selection.NotBefore : DateTime.MinValue;
        if (its.Find(stage => approval.Created <= approval.ValidUntil && notBefore <= stage.Since && stage.Since <= approval.ValidUntil) is { } timely) return timely;
        throw notBefore > its[0].Since
            ? new ApprovalException(ApprovalFault.NotYetValid, FormattableString.Invariant($"The approval {what} begins at {notBefore:u}, after the package was made."))
            : new ApprovalException(ApprovalFault.Expired, FormattableString.Invariant($"The approval {what} had ended at {approval.ValidUntil:u}, before the package was made."));
    }

    private static void RequireEnough(MigratingKey key, Stage stage, bool isFirst)
    {
        List<MigrationApproval> approvals = key.Approvals.Where(each => each.Stage == stage).Select(each => each.Approval).ToList();
        // For a key that asks for several, each must have named the very key: its TPM takes no other approval.
        int authorities = approvals.OfType<SelectionApproval>().Where(approval => approval.Key != null || key.Selection is not { Quorum: > 1 })
            .Select(approval => approval.Authority).Distinct().Count();
        if (key.Selection is { } selection)
        {
            if (authorities >= selection.Quorum) return;
            throw authorities == 0
                ? new ApprovalException(ApprovalFault.Missing, $"The package holds no approval of a Migration Selection Authority for the key '{key.Key.Name}', without which {(isFirst ? "its TPM could not have let it go" : "nobody should have rewrapped it")}.")
                : new ApprovalException(ApprovalFault.TooFew, $"The key '{key.Key.Name}' asks for {selection.Quorum} Migration Selection Authorities, and the package holds approvals of {authorities}: {(isFirst ? "its TPM could not have let it go" : "nobody should have rewrapped it")}.");
        }
        if (!key.NeedsOwner) return;
        if (isFirst ? !approvals.OfType<OwnerApproval>().Any() : authorities == 0)
            throw new ApprovalException(ApprovalFault.Missing, isFirst
                ? $"The package holds no approval for the key '{key.Key.Name}', without which its TPM could not have let it go."
                : $"The package was rewrapped, and holds no approval of a release authority for the key '{key.Key.Name}'.");
    }

    private static string Id(byte[] name) => Convert.ToBase64String(name);

    /// <summary>One of the new parents that a package was wrapped to.</summary>
    private sealed class Stage(byte[] parentName, DateTime since, bool isReturn)
    {
        internal byte[] ParentName { get; } = parentName;

        /// <summary>Whether a Migration Authority vouches that it is in the TPM that the keys came from: that takes nobody's approval.</summary>
        internal bool IsReturn { get; } = isReturn;

        /// <summary>UTC.</summary>
        internal DateTime Since { get; } = since;
    }

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

        internal List<(MigrationApproval Approval, Stage Stage)> Approvals { get; } = [];
    }
}
