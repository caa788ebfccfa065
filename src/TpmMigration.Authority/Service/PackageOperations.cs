using System;
using System.Collections.Generic;
using System.Globalization;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Service;

/// <summary>What a client does with its packages. What is acknowledged is on disk, together with its audit record.</summary>
internal sealed class PackageOperations(AuthorityKeys keys, VaultDatabase database, ServiceLimits limits, TimeProvider time)
{
    private readonly PackageAcceptance _acceptance = new(keys, limits);

    /// <exception cref="AuthorityException">The package is not to be stored, or another of this id is.</exception>
    internal UploadResponse Upload(ClientToken client, UploadRequest request, AuditEvent audit)
    {
        MigrationPackage package = _acceptance.Read(request.Package, client);
        DateTime now = Now();
        var entry = new PackageEntry
        {
            Id = package.Id,
            Digest = TpmHash.Digest(TpmAlgId.Sha256, request.Package),
            Size = request.Package.Length,
            Keys = package.Keys.Count,
            Purpose = package.Purpose.ToString(),
            SourceHost = package.Source.HostName,
            Created = package.Created,
            Received = now,
        };
        return database.Write(transaction =>
        {
            if (PackageVault.Find(transaction, client.Client, entry.Id) is { } stored)
            {
                if (stored.Deleted != null)
                    throw new AuthorityException(AuthorityFault.PackageDeleted, "A package of this id was deleted. Export the keys anew.");
                return SecretBytes.FixedTimeEquals(stored.Digest, entry.Digest)
                    ? new UploadResponse(stored, AlreadyStored: true)
                    : throw new AuthorityException(AuthorityFault.PackageConflict, "Another package of this id is stored. It was left as it is: export the keys anew, which gives another id.");
            }
            PackageVault.Add(transaction, client.Client, client.AttestationKey, entry, request.Package);
            AuditLog.Append(transaction, now, audit with { Subject = entry.Id.ToString("D"), Detail = string.Create(CultureInfo.InvariantCulture, $"{entry.Keys} keys from '{entry.SourceHost}', SHA-256 {Hex.Format(entry.Digest)}") });
            return new UploadResponse(entry, AlreadyStored: false);
        });
    }

    internal QueryResponse Query(ClientToken client, QueryRequest request)
    {
        // One more than the page shows whether there is another page.
        IReadOnlyList<PackageEntry> found = database.Read(transaction => PackageVault.Page(transaction, client.Client, request.PackageId, request.After, request.Most + 1));
        if (found.Count <= request.Most) return new QueryResponse(found, null);
        List<PackageEntry> page = [.. found];
        page.RemoveAt(page.Count - 1);
        return new QueryResponse(page, page[^1].Id);
    }

    /// <summary>Removes a package; once more changes nothing.</summary>
    /// <exception cref="AuthorityException">The client never had it.</exception>
    internal DeleteResponse Delete(ClientToken client, PackageRequest request, AuditEvent audit)
    {
        DateTime now = Now();
        return database.Write(transaction =>
        {
            PackageEntry entry = PackageVault.Find(transaction, client.Client, request.PackageId) ?? throw NotFound();
            if (entry.Deleted is { } earlier) return new DeleteResponse(entry.Id, earlier);
            PackageVault.Delete(transaction, client.Client, entry.Id, now);
            AuditLog.Append(transaction, now, audit with { Subject = entry.Id.ToString("D") });
            return new DeleteResponse(entry.Id, now);
        });
    }

    /// <summary>Nothing is released as long as nobody can approve it.</summary>
    /// <exception cref="AuthorityException">Always.</exception>
    internal AuthorityException RefuseDownload(ClientToken client, PackageRequest request)
    {
        PackageEntry? entry = database.Read(transaction => PackageVault.Find(transaction, client.Client, request.PackageId));
        return entry is { Deleted: null }
            ? new AuthorityException(AuthorityFault.ReleaseNotApproved, "This version of the service stores packages and does not release them: it takes no approvals of authorities yet.")
            : NotFound();
    }

    private static AuthorityException NotFound() => new(AuthorityFault.PackageNotFound, "You have no package of this id here.");

    private DateTime Now() => time.GetUtcNow().UtcDateTime;
}
