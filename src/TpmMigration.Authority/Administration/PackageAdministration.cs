using System;
using System.Collections.Generic;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Vault;

namespace TpmMigration.Authority.Administration;

/// <summary>Shows packages, holds them back and deletes them. Nothing here gives one out.</summary>
internal sealed class PackageAdministration(VaultDatabase database, TimeProvider time)
{
    internal IReadOnlyList<PackageEntry> Page(byte[]? client, PackagePosition? after, int most) =>
        database.Read(transaction => PackageVault.Page(transaction, client, null, after, most));

    /// <summary>A package by its id.</summary>
    /// <param name="client">Whose; null where the id alone is to tell it.</param>
    /// <param name="id">Its id.</param>
    /// <exception cref="AdministrationException">There is none, or two clients have one of this id.</exception>
    internal PackageEntry Find(byte[]? client, Guid id) => database.Read(transaction => Find(transaction, client, id));

    /// <exception cref="AdministrationException">There is none, or it is held already.</exception>
    internal PackageEntry Hold(byte[]? client, Guid id, string reason, Actor by) => Change(client, id, "PackageHold", reason, by, (transaction, package) =>
    {
        if (!PackageHolds.Hold(transaction, package, reason, Now()))
            throw new AdministrationException(AdministrationFault.Conflict, $"The package {id:D} is held already: {package.HoldReason}");
    });

    /// <exception cref="AdministrationException">There is none, or it is not held.</exception>
    internal PackageEntry Release(byte[]? client, Guid id, string reason, Actor by) => Change(client, id, "PackageRelease", reason, by, (transaction, package) =>
    {
        if (!PackageHolds.End(transaction, package)) throw new AdministrationException(AdministrationFault.Conflict, $"The package {id:D} is not held.");
    });

    /// <summary>Removes the content for ever; that it was there stays known, and its id is not used again.</summary>
    /// <exception cref="AdministrationException">There is none.</exception>
    internal PackageEntry Delete(byte[]? client, Guid id, string reason, Actor by) =>
        Change(client, id, "PackageDelete", reason, by, (transaction, package) => PackageVault.Delete(transaction, package, Now()));

    private PackageEntry Change(byte[]? client, Guid id, string what, string reason, Actor by, Action<VaultTransaction, PackageEntry> change) => database.Write(transaction =>
    {
        PackageEntry package = Find(transaction, client, id);
        change(transaction, package);
        AuditLog.Append(transaction, Now(), by.Event(what, id.ToString("D"), reason, package.Client));
        return PackageVault.Find(transaction, package.Client, id)!;
    });

    private static PackageEntry Find(VaultTransaction transaction, byte[]? client, Guid id)
    {
        IReadOnlyList<PackageEntry> found = PackageVault.Page(transaction, client, id, null, 2);
        return found.Count switch
        {
            1 => found[0],
            0 => throw new AdministrationException(AdministrationFault.NotFound, $"There is no package {id:D} here."),
            _ => throw new AdministrationException(AdministrationFault.Conflict, $"Several clients have a package {id:D}: name the client too."),
        };
    }

    private DateTime Now() => time.GetUtcNow().UtcDateTime;
}
