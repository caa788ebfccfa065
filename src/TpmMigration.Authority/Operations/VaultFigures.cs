using System;
using System.Diagnostics;
using System.Threading;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;

namespace TpmMigration.Authority.Operations;

/// <summary>What the vault holds.</summary>
/// <param name="Packages">That were not deleted.</param>
/// <param name="Bytes">Of them, as they were uploaded.</param>
/// <param name="Clients">That were ever seen.</param>
/// <param name="OlderKeys">Packages wrapped to a storage key that is not the newest.</param>
/// <param name="AuditSequence">The last record's number.</param>
internal sealed record VaultCount(long Packages, long Bytes, long Clients, long OlderKeys, long AuditSequence);

/// <summary>
/// Counts what the vault holds for those who watch it. Counting takes longer the more there is: what was counted is shown again for twenty times as
/// long as it took, so that watching costs little however often somebody looks.
/// </summary>
internal sealed class VaultFigures(VaultDatabase database, AuthorityKeys keys)
{
    private const int Rest = 20;

    private readonly Lock _lock = new();
    private VaultCount? _count;
    private long _until;

    /// <summary>What there is; of a short while ago at most.</summary>
    internal VaultCount Now
    {
        get
        {
            lock (_lock)
            {
                long start = Stopwatch.GetTimestamp();
                if (_count != null && start < _until) return _count;
                _count = database.Read(Count);
                long end = Stopwatch.GetTimestamp();
                _until = end + Rest * (end - start);
                return _count;
            }
        }
    }

    /// <summary>Whether the database answers.</summary>
    internal bool IsReachable()
    {
        try
        {
            return database.Read(transaction => AuditLog.Head(transaction).Sequence) > 0;
        }
        catch (Exception e) when (e is System.Data.Common.DbException or VaultException or System.IO.IOException)
        {
            return false;
        }
    }

    private VaultCount Count(VaultTransaction transaction)
    {
        (long packages, long bytes, long clients) = ClientVault.Totals(transaction);
        return new VaultCount(packages, bytes, clients, packages - PackageRewraps.Count(transaction, keys.StorageKey.Name), AuditLog.Head(transaction).Sequence);
    }
}
