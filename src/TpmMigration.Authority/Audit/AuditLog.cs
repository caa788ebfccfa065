using System;
using System.Collections.Generic;
using System.Data;
using System.Linq;
using TpmMigration.Authority.Vault;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Audit;

/// <summary>
/// The trail of what happened: records are only added, each with the digest of the one before. Whoever changes, takes out or adds one in the middle
/// breaks the chain; whoever cuts off its end is found by a copy of an earlier head, which `tpm-ma audit verify --head` takes.
/// </summary>
internal static class AuditLog
{
    private const int MostDetailLength = 1000;

    private static readonly byte[] NoRecord = new byte[32];

    /// <summary>Adds a record, together with what else the transaction changes.</summary>
    internal static void Append(VaultTransaction transaction, DateTime utc, AuditEvent what)
    {
        what = what with { Origin = Plain(what.Origin), Subject = Plain(what.Subject), Detail = Plain(what.Detail) };
        // The head is written first: where writers of several processes meet, one of them waits here.
        (long sequence, byte[] previous) = transaction
            .Query("UPDATE audit_head SET sequence = sequence + 1 WHERE one = 1 RETURNING sequence, digest", HeadOf).DefaultIfEmpty((1, NoRecord)).Single();
        if (sequence == 1) transaction.Later("INSERT INTO audit_head (one, sequence, digest) VALUES (1, 1, @digest)", ("digest", NoRecord));
        var record = new AuditRecord(sequence, VaultTransaction.Time(VaultTransaction.Stored(utc)), what, previous);
        byte[] digest = record.Digest();
        transaction.Later(
            """
            INSERT INTO audit (sequence, time, event, outcome, origin, client, subject, detail, previous, digest)
            VALUES (@sequence, @time, @event, @outcome, @origin, @client, @subject, @detail, @previous, @digest)
            """,
            ("sequence", sequence), ("time", VaultTransaction.Stored(utc)), ("event", what.Name), ("outcome", what.Outcome), ("origin", what.Origin),
            ("client", what.Client), ("subject", what.Subject), ("detail", what.Detail), ("previous", previous), ("digest", digest));
        transaction.Later("UPDATE audit_head SET digest = @digest WHERE one = 1", ("digest", digest));
    }

    /// <summary>The last records, the oldest first.</summary>
    /// <param name="transaction">Where.</param>
    /// <param name="most">How many; null for all.</param>
    internal static IEnumerable<AuditRecord> Last(VaultTransaction transaction, int? most)
    {
        long from = most is { } count ? Head(transaction).Sequence - count : 0;
        return transaction.Query(Select, Record, ("from", from)).Select(row => row.Record);
    }

    /// <summary>A page of the records behind a number, the oldest first, each with the digest that is stored with it.</summary>
    internal static IReadOnlyList<(AuditRecord Record, byte[] Digest)> After(VaultTransaction transaction, long after, int most) =>
        transaction.Query(Select + " LIMIT @most", Record, ("from", after), ("most", most));

    /// <summary>Looks at all records one by one, with the digest that is stored with each.</summary>
    internal static void Each(VaultTransaction transaction, Action<AuditRecord, byte[]> look) => transaction.Each(Select, row =>
    {
        (AuditRecord record, byte[] digest) = Record(row);
        look(record, digest);
    }, ("from", 0L));

    /// <summary>Holds each record against its digest and the one before.</summary>
    /// <param name="transaction">Where.</param>
    /// <param name="known">A digest that was the head at an earlier time, and must be in the chain; null if none is known.</param>
    internal static AuditVerdict Verify(VaultTransaction transaction, byte[]? known)
    {
        long expected = 1;
        byte[] previous = NoRecord;
        string? problem = null;
        bool found = known == null;
        Each(transaction, (record, digest) =>
        {
            if (problem != null) return;
            if (record.Sequence != expected) problem = FormattableString.Invariant($"Record {expected} is missing.");
            else if (!SecretBytes.FixedTimeEquals(record.Previous, previous)) problem = FormattableString.Invariant($"Record {expected} does not follow the one before it.");
            else if (!SecretBytes.FixedTimeEquals(record.Digest(), digest)) problem = FormattableString.Invariant($"Record {expected} was changed.");
            found |= known != null && SecretBytes.FixedTimeEquals(known, digest);
            (expected, previous) = (expected + 1, digest);
        });
        (long sequence, byte[] head) = Head(transaction);
        if (problem == null && (sequence != expected - 1 || !SecretBytes.FixedTimeEquals(head, previous))) problem = "Records at the end are missing.";
        if (problem == null && !found) problem = "The head that is known is not in the chain: its end was cut off and written anew.";
        return new AuditVerdict(expected - 1, previous, problem);
    }

    /// <summary>The number and the digest of the last record; 0 and zeros if there is none.</summary>
    internal static (long Sequence, byte[] Digest) Head(VaultTransaction transaction) => transaction
        .Query("SELECT sequence, digest FROM audit_head WHERE one = 1", HeadOf).DefaultIfEmpty((0, NoRecord)).Single();

    private static (long Sequence, byte[] Digest) HeadOf(IDataRecord row) => (row.GetInt64(0), (byte[])row[1]);

    private const string Select = "SELECT sequence, time, event, outcome, origin, client, subject, detail, previous, digest FROM audit WHERE sequence > @from ORDER BY sequence";

    /// <summary>Some texts quote what a client sent. What is digested must come back out of any database as it went in, and be harmless on a terminal.</summary>
    private static string Plain(string text) =>
        new([.. text.Take(MostDetailLength).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)]);

    private static (AuditRecord Record, byte[] Digest) Record(IDataRecord row)
    {
        var what = new AuditEvent
        {
            Name = row.GetString(2),
            Outcome = row.GetString(3),
            Origin = row.GetString(4),
            Client = (byte[])row[5],
            Subject = row.GetString(6),
            Detail = row.GetString(7),
        };
        return (new AuditRecord(row.GetInt64(0), VaultTransaction.Time(row.GetInt64(1)), what, (byte[])row[8]), (byte[])row[9]);
    }
}

/// <summary>Whether the audit trail is whole.</summary>
/// <param name="Records">How many were looked at.</param>
/// <param name="Head">The digest of the last.</param>
/// <param name="Problem">Null if it is whole.</param>
public sealed record AuditVerdict(long Records, byte[] Head, string? Problem);
