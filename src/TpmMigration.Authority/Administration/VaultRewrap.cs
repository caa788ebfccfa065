using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;
using TpmMigration.Documents;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Administration;

/// <summary>
/// Wraps all packages that are stored to the newest storage key, some at a time, each wholly or not at all: it may be cut off anywhere and gone on
/// with, and clients notice nothing. A package keeps its destination, since that is what was approved; it is signed by the Migration Authority in the
/// place of its source, whose signature was checked when it was laid in, and sealed anew.
/// </summary>
internal sealed class VaultRewrap(AuthorityKeys keys, VaultDatabase database, TimeProvider time)
{
    /// <summary>Packages, and bytes, that change together: enough to share the wait for the disk, and few enough to keep clients waiting no longer.</summary>
    private const int MostTogether = 64, MostBytesTogether = 8 * 1024 * 1024;

    private readonly PackageSeal _seal = new(keys.StateSecret);

    /// <summary>Wraps anew what is wrapped to older keys.</summary>
    /// <param name="by">Who has it done.</param>
    /// <param name="progress">Takes how many are done.</param>
    internal RewrapReport Run(Actor by, Action<long> progress)
    {
        var report = new RewrapReport();
        foreach (StorageKey old in keys.StorageKeys.Skip(1)) Run(old, by, report, progress);
        return report;
    }

    private void Run(StorageKey old, Actor by, RewrapReport report, Action<long> progress)
    {
        PackagePosition? after = null;
        while (database.Read(transaction => PackageRewraps.Page(transaction, old.Name, after, MostTogether)) is { Count: > 0 } page)
        {
            List<(PackageEntry Package, StoredContent Content)> ready = [];
            foreach (PackagePosition position in page)
            {
                if (Rewrapped(position, old, report) is { } rewrapped) ready.Add(rewrapped);
                if (ready.Sum(each => (long)each.Content.Content.Length) < MostBytesTogether) continue;
                report.Done += Commit(ready, old, by);
                ready.Clear();
            }
            report.Done += Commit(ready, old, by);
            progress(report.Done);
            after = page[^1];
        }
    }

    /// <summary>A package under the newest key; null if it is gone meanwhile, or cannot be wrapped anew, which is noted.</summary>
    private (PackageEntry Package, StoredContent Content)? Rewrapped(PackagePosition position, StorageKey old, RewrapReport report)
    {
        (PackageEntry? entry, StoredContent? stored) = database.Read(transaction =>
            (PackageVault.Find(transaction, position.Client, position.Id), PackageVault.Content(transaction, position.Client, position.Id)));
        if (entry is not { Deleted: null } || stored == null || !SecretBytes.FixedTimeEquals(entry.StorageKey, old.Name)) return null;
        try
        {
            if (!_seal.Holds(entry, stored)) throw new WrappingIntegrityException("Its seal does not hold: it was altered in the database.");
            var limits = new PackageLimits { Document = new DocumentLimits { MostBytes = stored.Content.Length }, MostKeys = int.MaxValue };
            MigrationPackage package = PackageReader.ReadAgain(new MemoryStream(stored.Content, writable: false), limits);
            using var output = new MemoryStream(stored.Content.Length + 4096);
            PackageWriter.Write(old.Rewrap(package, keys.StorageKey.Area), keys.Signer, output);
            byte[] content = output.ToArray();
            PackageEntry moved = entry with { StorageKey = keys.StorageKey.Name };
            return (moved, new StoredContent(content, _seal.Of(moved, content)));
        }
        catch (Exception e) when (e is WrappingIntegrityException or PackageFormatException or PackageIntegrityException or SignatureException or UnsupportedAlgorithmException)
        {
            report.Failed.Add((position, e.Message));
            return null;
        }
    }

    private int Commit(List<(PackageEntry Package, StoredContent Content)> ready, StorageKey old, Actor by) => ready.Count == 0 ? 0 : database.Write(transaction =>
    {
        int done = ready.Count(each => PackageRewraps.Replace(transaction, each.Package, old.Name, each.Content));
        if (done != 0)
        {
            string detail = string.Create(CultureInfo.InvariantCulture, $"{done} packages from the storage key {Hex.Format(old.Name)}");
            AuditLog.Append(transaction, time.GetUtcNow().UtcDateTime, by.Event("Rewrap", Hex.Format(keys.StorageKey.Name), detail));
        }
        return done;
    });
}

/// <summary>What was wrapped anew.</summary>
internal sealed class RewrapReport
{
    /// <summary>How many packages.</summary>
    internal long Done { get; set; }

    /// <summary>Those that stay as they are, and why.</summary>
    internal List<(PackagePosition Package, string Problem)> Failed { get; } = [];
}
