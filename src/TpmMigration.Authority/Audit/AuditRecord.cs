using System;
using System.Text;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Audit;

/// <summary>What happened. No secret is ever in it.</summary>
public sealed record AuditEvent
{
    /// <summary>The outcome of what was done.</summary>
    internal const string Success = "Success";

    /// <summary>An operation of the service, or what its operator did.</summary>
    public required string Name { get; init; }

    /// <summary><see cref="Success"/>, or the code of the fault.</summary>
    public string Outcome { get; init; } = Success;

    /// <summary>The address it came from, or the operator's account.</summary>
    public required string Origin { get; init; }

    /// <summary>TPM name of the client's endorsement key; empty where it is not known.</summary>
    public byte[] Client { get; init; } = [];

    /// <summary>What it was about, such as the id of a package.</summary>
    public string Subject { get; init; } = string.Empty;

    /// <summary>For people.</summary>
    public string Detail { get; init; } = string.Empty;
}

/// <summary>An event in its place in the chain.</summary>
/// <param name="Sequence">From 1, without gaps.</param>
/// <param name="Time">UTC, whole seconds.</param>
/// <param name="Event">What happened.</param>
/// <param name="Previous">The digest of the record before; 32 zeros for the first.</param>
public sealed record AuditRecord(long Sequence, DateTime Time, AuditEvent Event, byte[] Previous)
{
    private const string Form = "TPM migration audit record 1";

    /// <summary>
    /// SHA-256, 32 bytes, of: the ASCII text of the form's name; sequence and time (seconds since 1970) in 8 bytes; name, outcome, origin, client,
    /// subject and detail, each with a 2-byte size in front, text in UTF-8; the digest of the record before. Numbers are big-endian.
    /// </summary>
    public byte[] Digest() => TpmHash.Digest(TpmAlgId.Sha256, TpmWriter.Write(writer =>
    {
        writer.WriteBytes(Encoding.ASCII.GetBytes(Form));
        writer.WriteU64((ulong)Sequence);
        writer.WriteU64((ulong)new DateTimeOffset(Time, TimeSpan.Zero).ToUnixTimeSeconds());
        foreach (byte[] part in new[] { Utf8(Event.Name), Utf8(Event.Outcome), Utf8(Event.Origin), Event.Client, Utf8(Event.Subject), Utf8(Event.Detail) })
            writer.WriteTpm2b(part);
        writer.WriteBytes(Previous);
    }));

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
