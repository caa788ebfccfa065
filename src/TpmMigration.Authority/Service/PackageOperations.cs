using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Clients;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Service;

/// <summary>What a client does with its packages. What is acknowledged is on disk, together with its audit record.</summary>
internal sealed class PackageOperations(AuthorityKeys keys, VaultDatabase database, ServiceLimits limits, PackageSeal seal, TimeProvider time)
{
    private readonly PackageAcceptance _acceptance = new(keys, limits);

    /// <exception cref="AuthorityException">The package is not to be stored, or another of this id is.</exception>
    internal UploadResponse Upload(ClientToken caller, UploadRequest request, AuditEvent audit)
    {
        AcceptedPackage accepted = _acceptance.Read(request.Package, attestationKey => SecretBytes.FixedTimeEquals(attestationKey, caller.AttestationKey)
            ? caller.Client
            : database.Read(transaction => ClientRegister.Of(transaction, attestationKey)));
        MigrationPackage package = accepted.Package;
        DateTime now = Now();
        var entry = new PackageEntry
        {
            Client = accepted.Client,
            Id = package.Id,
            Digest = TpmHash.Digest(TpmAlgId.Sha256, request.Package),
            Size = request.Package.Length,
            Keys = package.Keys.Count,
            Purpose = package.Purpose.ToString(),
            SourceHost = package.Source.HostName,
            Created = package.Created,
            Received = StoredKeys.WholeSeconds(now),
            IsReturnable = accepted.IsProven,
            StorageKey = package.Destination.Parent.Name,
        };
        var content = new StoredContent(request.Package, seal.Of(entry, request.Package));
        IReadOnlyList<byte[]> names = NamesOf(package);
        bool isOwn = SecretBytes.FixedTimeEquals(entry.Client, caller.Client);
        return database.Write(transaction =>
        {
            ClientBlock.Require(transaction, caller.Client);
            if (!isOwn) ClientBlock.Require(transaction, entry.Client);
            if (PackageVault.Find(transaction, entry.Client, entry.Id) is { } stored)
            {
                if (stored.Deleted != null)
                    throw new AuthorityException(AuthorityFault.PackageDeleted, "A package of this id was deleted. Export the keys anew.");
                return SecretBytes.FixedTimeEquals(stored.Digest, entry.Digest)
                    ? new UploadResponse(stored, AlreadyStored: true)
                    : throw new AuthorityException(AuthorityFault.PackageConflict, "Another package of this id is stored. It was left as it is: export the keys anew, which gives another id.");
            }
            RequireRoom(PackageVault.Add(transaction, entry, content, names), entry);
            string late = SecretBytes.FixedTimeEquals(entry.StorageKey, keys.StorageKey.Name) ? string.Empty : ", " + LateUploads.Detail(entry.StorageKey);
            string carried = isOwn ? string.Empty : $", of client {Hex.Format(entry.Client)}";
            AuditLog.Append(transaction, now, audit with { Subject = entry.Id.ToString("D"), Detail = string.Create(CultureInfo.InvariantCulture, $"{entry.Keys} keys from '{entry.SourceHost}', SHA-256 {Hex.Format(entry.Digest)}{carried}{late}") });
            // Behind the record: whoever retires the key now waits for it, or has done so and is seen here.
            keys.Refresh();
            _acceptance.RequireKept(entry.StorageKey);
            return new UploadResponse(entry, AlreadyStored: false);
        });
    }

    /// <summary>The caller's own packages.</summary>
    internal QueryResponse Query(ClientToken caller, QueryRequest request)
    {
        if (request.Client != null && !SecretBytes.FixedTimeEquals(request.Client, caller.Client)) return new QueryResponse([], null);
        return QueryAll(request with { Client = caller.Client });
    }

    /// <summary>The packages of all clients, or of one.</summary>
    internal QueryResponse QueryAll(QueryRequest request)
    {
        // One more than the page shows whether there is another page.
        IReadOnlyList<PackageEntry> found = database.Read(transaction => PackageVault.Page(transaction, request.Client, request.PackageId, request.After, request.Most + 1));
        return QueryResponse.Page(found, request.Most);
    }

    /// <summary>Removes a package; once more changes nothing.</summary>
    /// <exception cref="AuthorityException">The client never had it.</exception>
    internal DeleteResponse Delete(ClientToken caller, DeleteRequest request, AuditEvent audit)
    {
        DateTime now = Now();
        return database.Write(transaction =>
        {
            ClientBlock.Require(transaction, caller.Client);
            PackageEntry entry = PackageVault.Find(transaction, caller.Client, request.PackageId)
                ?? throw new AuthorityException(AuthorityFault.PackageNotFound, "You have no package of this id here.");
            if (entry.Deleted is { } earlier) return new DeleteResponse(entry.Id, earlier);
            PackageVault.Delete(transaction, entry, now);
            AuditLog.Append(transaction, now, audit with { Subject = entry.Id.ToString("D") });
            return new DeleteResponse(entry.Id, now);
        });
    }

    /// <param name="has">What the client has with the package.</param>
    /// <param name="more">The package.</param>
    private void RequireRoom((long Packages, long Bytes) has, PackageEntry more)
    {
        if (has.Packages > limits.MostClientPackages || has.Bytes > limits.MostClientBytes)
            throw new AuthorityException(AuthorityFault.QuotaExceeded, FormattableString.Invariant($"The client has {has.Packages - 1} packages with {has.Bytes - more.Size} bytes here, and may have {limits.MostClientPackages} with {limits.MostClientBytes}. Delete what is not needed any more."));
    }

    /// <summary>The migrating keys, and who can approve that one of them goes elsewhere.</summary>
    private static IReadOnlyList<byte[]> NamesOf(MigrationPackage package)
    {
        List<byte[]> names = [.. ReleaseApprovals.ProxiesOf(package).Select(proxy => proxy.TpmName)];
        foreach (PackageKey key in package.Keys.Where(key => key.Blob is MigrationBlob))
        {
            names.Add(key.PublicArea.Name);
            if (KeyClassification.Of(key.PublicArea, key.Policy).Selection is { } selection) names.AddRange(selection.Authorities);
        }
        return names;
    }

    private DateTime Now() => time.GetUtcNow().UtcDateTime;
}
