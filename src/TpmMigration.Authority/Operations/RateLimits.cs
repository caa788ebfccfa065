using System;

namespace TpmMigration.Authority.Operations;

/// <summary>
/// How often callers may ask. A bucket is full at first and holds half a minute's worth, so that a fleet behind one address may begin its day at once.
/// </summary>
internal sealed record RateLimits
{
    internal const int BurstSeconds = 30;

    /// <summary>Messages a second of a client that has authenticated; 0 for no limit.</summary>
    public int ClientRate { get; init; } = 50;

    /// <summary>Messages a second from an IPv4 address or an IPv6 network of 64 bits, of callers who have not authenticated; 0 for no limit.</summary>
    public int AddressRate { get; init; } = 100;

    /// <summary>Refusals of one caller that go into the audit trail at once; then one each <see cref="RecordInterval"/>.</summary>
    public int RecordBurst { get; init; } = 300;

    public TimeSpan RecordInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Refusals of all callers together that go into the audit trail at once; then <see cref="AllRecordsRate"/> a second.</summary>
    public int AllRecordsBurst { get; init; } = 3000;

    public int AllRecordsRate { get; init; } = 5;

    /// <summary>That a caller asked too often is noted once in this time.</summary>
    public TimeSpan TooManyInterval { get; init; } = TimeSpan.FromMinutes(1);
}
