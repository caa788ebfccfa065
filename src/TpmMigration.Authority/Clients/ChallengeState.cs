using System;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Clients;

/// <summary>A challenge as the service wants to see it again: sealed, since the secret is in it.</summary>
/// <param name="Id">16 bytes, by which it is noted when it is answered.</param>
/// <param name="Secret">What only the TPM can release, 32 bytes.</param>
/// <param name="Nonce">What the certification must have as qualifying data, 32 bytes.</param>
/// <param name="EndorsementKey">The endorsement key, whose TPM name is the client's.</param>
/// <param name="AttestationKey">The attestation key for which the secret is.</param>
/// <param name="Expires">UTC, whole seconds.</param>
internal sealed record ChallengeState(byte[] Id, byte[] Secret, byte[] Nonce, TpmtPublic EndorsementKey, TpmtPublic AttestationKey, DateTime Expires)
{
    internal const int IdSize = 16, SecretSize = 32, NonceSize = 32;

    /// <summary>What it is sealed for.</summary>
    internal const string Purpose = "challenge";

    internal static ChallengeState Create(TpmtPublic endorsementKey, TpmtPublic attestationKey, DateTime expires) => new(
        SecretBytes.Random(IdSize), SecretBytes.Random(SecretSize), SecretBytes.Random(NonceSize), endorsementKey, attestationKey, expires);

    internal byte[] Marshal() => TpmWriter.Write(writer =>
    {
        writer.WriteBytes(Id);
        writer.WriteBytes(Secret);
        writer.WriteBytes(Nonce);
        writer.WriteTpm2b(EndorsementKey.Marshal());
        writer.WriteTpm2b(AttestationKey.Marshal());
        writer.WriteU64((ulong)new DateTimeOffset(Expires, TimeSpan.Zero).ToUnixTimeSeconds());
    });

    internal static ChallengeState Unmarshal(byte[] data) => TpmReader.ReadWhole(data, "The challenge", reader => new ChallengeState(
        reader.ReadBytes(IdSize), reader.ReadBytes(SecretSize), reader.ReadBytes(NonceSize), TpmtPublic.Unmarshal(reader.ReadTpm2b()), TpmtPublic.Unmarshal(reader.ReadTpm2b()),
        DateTimeOffset.FromUnixTimeSeconds((long)reader.ReadU64()).UtcDateTime));
}
