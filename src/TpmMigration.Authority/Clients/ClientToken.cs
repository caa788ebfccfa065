using System;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Clients;

/// <summary>What the service knows of a client that has proved its TPM. It is given out sealed, and not stored.</summary>
/// <param name="EndorsementKey">The endorsement key, whose TPM name is the client's.</param>
/// <param name="AttestationKey">TPM name of the attestation key.</param>
/// <param name="StorageKey">The parent in the client's TPM, certified by the attestation key.</param>
/// <param name="Session">16 bytes: this authentication.</param>
/// <param name="Expires">UTC, whole seconds.</param>
internal sealed record ClientToken(TpmtPublic EndorsementKey, byte[] AttestationKey, TpmtPublic StorageKey, byte[] Session, DateTime Expires)
{
    /// <summary>What it is sealed for.</summary>
    internal const string Purpose = "token";

    internal const int SessionSize = 16;

    /// <summary>TPM name of the endorsement key.</summary>
    internal byte[] Client { get; } = EndorsementKey.Name;

    internal byte[] Marshal() => TpmWriter.Write(writer =>
    {
        writer.WriteTpm2b(EndorsementKey.Marshal());
        writer.WriteTpm2b(AttestationKey);
        writer.WriteTpm2b(StorageKey.Marshal());
        writer.WriteBytes(Session);
        writer.WriteU64((ulong)new DateTimeOffset(Expires, TimeSpan.Zero).ToUnixTimeSeconds());
    });

    internal static ClientToken Unmarshal(byte[] data) => TpmReader.ReadWhole(data, "The token", reader => new ClientToken(
        TpmtPublic.Unmarshal(reader.ReadTpm2b()), reader.ReadTpm2b(), TpmtPublic.Unmarshal(reader.ReadTpm2b()), reader.ReadBytes(SessionSize),
        DateTimeOffset.FromUnixTimeSeconds((long)reader.ReadU64()).UtcDateTime));
}
