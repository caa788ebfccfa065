using System;
using TpmMigration.Authority.Contract;

namespace TpmMigration.Authority.Operations;

/// <summary>
/// How often callers may ask, and how much of what they are refused goes into the audit trail. Clients that have authenticated are counted each by
/// itself, everybody else by address.
/// </summary>
internal sealed class RequestLimiter : IDisposable
{
    private readonly ServiceMetrics _metrics;
    private readonly CallerBuckets _clients, _addresses, _records, _allRecords, _tooMany;

    internal RequestLimiter(RateLimits limits, ServiceMetrics metrics)
    {
        _metrics = metrics;
        _clients = new CallerBuckets(limits.ClientRate * RateLimits.BurstSeconds, limits.ClientRate, TimeSpan.FromSeconds(1));
        _addresses = new CallerBuckets(limits.AddressRate * RateLimits.BurstSeconds, limits.AddressRate, TimeSpan.FromSeconds(1));
        _records = new CallerBuckets(limits.RecordBurst, 1, limits.RecordInterval);
        _allRecords = new CallerBuckets(limits.AllRecordsBurst, limits.AllRecordsRate, TimeSpan.FromSeconds(1));
        _tooMany = new CallerBuckets(1, 1, limits.TooManyInterval);
    }

    /// <summary>Counts a message of a client that has authenticated.</summary>
    /// <exception cref="AuthorityException">It asks too often.</exception>
    internal void RequireClient(byte[] client) => Require(_clients.Take(client), "client");

    /// <summary>Counts a message of somebody who has not.</summary>
    /// <param name="origin">The address.</param>
    /// <exception cref="AuthorityException">They ask too often.</exception>
    internal void RequireAddress(string origin) => Require(_addresses.Take(CallerBuckets.CallerAt(origin)), "address");

    /// <summary>Whether a refusal goes into the audit trail. What does not is counted.</summary>
    /// <param name="fault">Why it is refused.</param>
    /// <param name="origin">The address that it came from.</param>
    /// <param name="client">A client that has authenticated; null for anybody else.</param>
    internal bool MayRecord(AuthorityFault fault, string origin, byte[]? client)
    {
        byte[] caller = client ?? CallerBuckets.CallerAt(origin);
        CallerBuckets own = fault == AuthorityFault.TooManyRequests ? _tooMany : _records;
        if (own.Take(caller) == null && _allRecords.Take([]) == null) return true;
        _metrics.Unrecorded();
        return false;
    }

    public void Dispose()
    {
        foreach (CallerBuckets buckets in new[] { _clients, _addresses, _records, _allRecords, _tooMany }) buckets.Dispose();
    }

    private void Require(TimeSpan? wait, string scope)
    {
        if (wait is not { } time) return;
        _metrics.Limited(scope);
        throw new AuthorityException(AuthorityFault.TooManyRequests, "You ask more often than this service allows. Ask again after the time in Retry-After.") { RetryAfter = time };
    }
}
