using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Clients;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;
using TpmMigration.Documents;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Release;

/// <summary>What leaves the vault, and how those find it who have approvals for it.</summary>
internal sealed class ReleaseOperations(AuthorityKeys keys, VaultDatabase database, ServiceLimits limits, PackageSeal seal, TimeProvider time)
{
    /// <summary>Packages for one approval: an authority that approves all its keys may have many.</summary>
    private const int MostFound = 10_000;

    private readonly PackageRelease _release = new(keys);

    private readonly PackageLimits _limits = new()
    {
        // A rotation or a release may have left a package larger than it came.
        Document = new DocumentLimits { MostBytes = 2 * limits.MostPackageBytes + ServiceLimits.MostApprovalMessageBytes },
        MostKeys = limits.MostPackageKeys,
    };

    /// <summary>Wraps a package to the caller's key.</summary>
    /// <exception cref="AuthorityException">There is none for the caller, or it may not go there.</exception>
    internal DownloadResponse Download(ClientToken caller, DownloadRequest request, AuditEvent audit)
    {
        DateTime now = Now();
        byte[] owner = request.Client ?? caller.Client;
        bool isOwn = SecretBytes.FixedTimeEquals(owner, caller.Client);
        PackageDestination destination = PackageRelease.DestinationOf(caller, request.ToEndorsementKey);
        (PackageEntry? found, StoredContent? content, ReleaseDecisions decisions) = database.Read(transaction =>
        {
            ReleaseDecisions said = ReleaseDecisions.Read(transaction, request.Approvals, destination.Parent.Name);
            PackageEntry? stored = PackageVault.Find(transaction, owner, request.PackageId);
            return stored != null && (isOwn || Concerns(transaction, stored, said))
                ? (stored, PackageVault.Content(transaction, owner, request.PackageId), said)
                : (null, null, said);
        });
        PackageEntry entry = found ?? throw NotFound();
        RequireThere(entry);
        if (content == null || !seal.Holds(entry, content))
            throw new AuthorityException(AuthorityFault.PackageAltered, "The package is not as it was laid in: somebody changed the database. The operator is told.");
        // It was verified when it was laid in, and the seal says that these are the same bytes.
        MigrationPackage package = PackageReader.ReadAgain(new MemoryStream(content.Content, writable: false), _limits);
        IReadOnlyList<SelectionApproval> approvals = PackageRelease.Require(package, entry, caller, destination, decisions, now);
        ReadOnlyMemory<byte> wrapped = _release.Wrap(package, content.Content.Length, entry, destination, approvals, now);
        database.Write(transaction =>
        {
            // Meanwhile it may have been deleted or held back, or the caller blocked.
            ClientBlock.Require(transaction, caller.Client);
            RequireThere(PackageVault.Find(transaction, entry.Client, entry.Id)!);
            if (approvals.FirstOrDefault(each => each.SingleUse && !UsedApprovals.Use(transaction, each, entry, destination.Parent.Name, caller, now)) is { } used)
                throw new AuthorityException(AuthorityFault.ApprovalUsed, $"The approval {used.Id:D} of '{used.Authority.Description}' holds once, and was used. Ask for a new one.");
            AuditLog.Append(transaction, now, audit with { Detail = Detail(entry, destination, approvals) });
            return true;
        });
        return new DownloadResponse(wrapped);
    }

    /// <summary>The packages of others that approvals let go to the caller.</summary>
    internal QueryResponse Query(ClientToken caller, QueryRequest request)
    {
        DateTime now = Now();
        return database.Read(transaction =>
        {
            var found = new SortedDictionary<string, PackageEntry>(StringComparer.Ordinal);
            foreach (byte[] destination in new[] { caller.StorageKey.Name, caller.Client })
            {
                foreach (SelectionApproval approval in ReleaseDecisions.Read(transaction, request.Approvals, destination).Honoured
                    .Where(each => each.Decision == SelectionDecision.Approved && each.NotBefore <= now && now <= each.ValidUntil))
                {
                    foreach (PackageEntry entry in PackageVault.ByNames(transaction, NameIn(approval), approval.Authority.TpmName, MostFound))
                        found.TryAdd(new PackagePosition(entry.Client, entry.Id).ToString(), entry);
                }
            }
            IEnumerable<PackageEntry> wanted = found
                .Where(each => request.After == null || string.CompareOrdinal(each.Key, request.After.ToString()) > 0)
                .Select(each => each.Value)
                .Where(entry => (request.Client == null || SecretBytes.FixedTimeEquals(entry.Client, request.Client)) && (request.PackageId ?? entry.Id) == entry.Id);
            return QueryResponse.Page([.. wanted.Take(request.Most + 1)], request.Most);
        });
    }

    /// <summary>Whether somebody who can decide on the package said anything of the caller's key. Who has nothing of the kind is not told that there is a package.</summary>
    private static bool Concerns(VaultTransaction transaction, PackageEntry entry, ReleaseDecisions decisions) =>
        decisions.All.Any(each => PackageVault.IsKnownBy(transaction, entry, NameIn(each), each.Authority.TpmName));

    /// <summary>By what a package is known, besides the authority, that an approval or denial is for.</summary>
    private static byte[] NameIn(SelectionApproval decision) => decision.Key?.TpmName ?? decision.Authority.TpmName;

    private static void RequireThere(PackageEntry entry)
    {
        if (entry.Deleted != null) throw new AuthorityException(AuthorityFault.PackageDeleted, "The package was deleted.");
        if (entry.Held != null) throw new AuthorityException(AuthorityFault.PackageHeld, "The operator of this Migration Authority holds the package back. Ask there.");
    }

    private static string Detail(PackageEntry entry, PackageDestination destination, IReadOnlyList<SelectionApproval> approvals) =>
        $"To {destination.Kind} {Hex.Format(destination.Parent.Name)}, " + (approvals.Count == 0
            ? "back to where it came from"
            : $"of client {Hex.Format(entry.Client)}, approved by {string.Join(", ", approvals.Select(each => $"'{each.Authority.Description}' ({each.Id:D})"))}");

    private static AuthorityException NotFound() => new(AuthorityFault.PackageNotFound, "There is no package of this id for you. One of another client is found with approvals that name your key.");

    private DateTime Now() => time.GetUtcNow().UtcDateTime;
}
