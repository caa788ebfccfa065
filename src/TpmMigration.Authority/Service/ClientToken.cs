using System;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Service;

/// <summary>What the service knows of a client that has proved its TPM. It is given out sealed, and not stored.</summary>
/// <param name="Client">TPM name of the endorsement key.</param>
/// <param name="AttestationKey">TPM name of the attestation key.</param>
/// <param name="StorageKey">The parent in the client's TPM, certified by the attestation key.</param>
/// <param name="Expires">UTC, whole seconds.</param>
internal sealed record ClientToken(byte[] Client, byte[] AttestationKey, TpmtPublic StorageKey, DateTime Expires)
{
    /// <summary>What it is sealed for.</summary>
    internal const string Purpose = "token";

    internal byte[] Marshal() => TpmWriter.Write(writer =>
    {
        writer.WriteTpm2b(Client);
        writer.WriteTpm2b(AttestationKey);
        writer.WriteTpm2b(StorageKey.Marshal());
        writer.WriteU64((ulong)new DateTimeOffset(Expires, TimeSpan.Zero).ToUnixTimeSeconds());
    });

    internal static ClientToken Unmarshal(byte[] data) => TpmReader.ReadWhole(data, "The token", reader => new ClientToken(
        reader.ReadTpm2b(), reader.ReadTpm2b(), TpmtPublic.Unmarshal(reader.ReadTpm2b()), DateTimeOffset.FromUnixTimeSeconds((long)reader.ReadU64()).UtcDateTime));
}
