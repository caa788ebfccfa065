using System;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace TpmMigration.Authority.Operations;

/// <summary>
/// A token bucket for each caller. Callers share so many slots by a hash that nobody outside can aim at, so that memory is bounded whoever calls;
/// a bucket that is full again is forgotten.
/// </summary>
internal sealed class CallerBuckets : IDisposable
{
    private const int Slots = 1 << 16;

    private readonly PartitionedRateLimiter<int>? _limiter;

    /// <param name="burst">What a full bucket holds; 0 for no limit.</param>
    /// <param name="perPeriod">What comes into it in each period.</param>
    /// <param name="period">How long that is.</param>
    internal CallerBuckets(int burst, int perPeriod, TimeSpan period)
    {
        if (burst == 0) return;
        var options = new TokenBucketRateLimiterOptions { TokenLimit = burst, TokensPerPeriod = perPeriod, ReplenishmentPeriod = period, QueueLimit = 0 };
        _limiter = PartitionedRateLimiter.Create<int, int>(slot => RateLimitPartition.GetTokenBucketLimiter(slot, _ => options));
    }

    /// <summary>The caller behind an address: the address, or the network of 64 bits that one IPv6 host has to itself.</summary>
    internal static byte[] CallerAt(string address)
    {
        if (!IPAddress.TryParse(address, out IPAddress? parsed)) return [];
        if (parsed.IsIPv4MappedToIPv6) parsed = parsed.MapToIPv4();
        byte[] bytes = parsed.GetAddressBytes();
        return parsed.AddressFamily == AddressFamily.InterNetworkV6 ? bytes[..8] : bytes;
    }

    /// <summary>Takes one from a caller's bucket.</summary>
    /// <returns>Null if there was one, else in how long there will be.</returns>
    internal TimeSpan? Take(byte[] caller)
    {
        if (_limiter == null) return null;
        var hash = new HashCode();
        hash.AddBytes(caller);
        using RateLimitLease lease = _limiter.AttemptAcquire(hash.ToHashCode() & (Slots - 1));
        if (lease.IsAcquired) return null;
        return lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait) ? wait : TimeSpan.FromSeconds(1);
    }

    public void Dispose() => _limiter?.Dispose();
}
