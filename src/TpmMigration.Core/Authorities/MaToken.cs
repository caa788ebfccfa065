using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Documents;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Authorities;

/// <summary>A challenge of a Migration Authority to one TPM.</summary>
/// <param name="Challenge">To be sent back as it is.</param>
/// <param name="Credential">What the TPM is to release.</param>
/// <param name="Nonce">32 bytes.</param>
internal sealed record MaChallenge(byte[] Challenge, ProtectedCredential Credential, byte[] Nonce)
{
    private const int NonceBytes = 32;

    internal static MaChallenge Read(StrictElement answer)
    {
        byte[] challenge = answer.Child("Challenge").Base64();
        var credential = new ProtectedCredential(answer.Child("CredentialBlob").Base64(), answer.Child("EncryptedSecret").Base64());
        StrictElement nonce = answer.Child("Nonce");
        byte[] bytes = nonce.Base64();
        if (bytes.Length != NonceBytes) throw nonce.Fault($"The nonce has {bytes.Length} bytes, and not {NonceBytes}.");
        answer.Child("Expires").Time();
        answer.End();
        return new MaChallenge(challenge, credential, bytes);
    }
}

/// <summary>The word of a Migration Authority that it knows this machine's TPM.</summary>
public sealed record MaToken
{
    private const int MostCertificates = 8;

    // A clock that is a little behind must not have a request fail.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(15);

    /// <summary>What is sent with each request. Whoever has it acts for this TPM.</summary>
    internal byte[] Value { get; init; } = [];

    /// <summary>UTC, by the clock of the Migration Authority.</summary>
    public required DateTime Expires { get; init; }

    /// <summary>TPM name of the endorsement key, by which this TPM is known there.</summary>
    public required byte[] Client { get; init; }

    /// <summary>X.509 in DER: one for the attestation key, then that of its issuer.</summary>
    public required IReadOnlyList<byte[]> IdentityCertificates { get; init; }

    /// <summary>The storage key to which packages are wrapped for this machine.</summary>
    public required TpmtPublic StorageKey { get; init; }

    /// <summary>Whether it still seems good by this machine's clock.</summary>
    public bool SeemsGood => DateTime.UtcNow < Expires - Margin;

    /// <summary>Makes it useless here, when another takes its place.</summary>
    public void Clear() => SecretBytes.Clear(Value);

    internal static MaToken Read(StrictElement answer, TpmtPublic storageKey)
    {
        var token = new MaToken
        {
            Value = answer.Child("Token").Base64(),
            Expires = answer.Child("Expires").Time(),
            Client = answer.Child("Client").HexBinary(),
            IdentityCertificates = answer.Children("IdentityCertificate").Take(MostCertificates).Select(c => c.Base64()).ToList(),
            StorageKey = storageKey,
        };
        if (token.IdentityCertificates.Count == 0) throw answer.Fault("It has no identity certificate.");
        answer.End();
        return token;
    }
}
