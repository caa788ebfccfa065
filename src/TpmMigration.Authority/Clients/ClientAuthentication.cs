using System;
using TpmMigration.Attestation;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Clients;

/// <summary>
/// The proof of an enabled, activated TPM: only the TPM of the endorsement key releases the secret of a challenge, and only if it holds the
/// attestation key, which then certifies the storage key with the nonce of the challenge.
/// </summary>
internal sealed class ClientAuthentication : IDisposable
{
    private readonly VaultDatabase _database;
    private readonly TimeProvider _time;
    private readonly SealedState _challenges;
    private readonly SealedState _tokens;
    private readonly IdentityIssuer _identities;
    private readonly byte[] _issuer;

    internal ClientAuthentication(AuthorityKeys keys, VaultDatabase database, TimeProvider time)
    {
        (_database, _time) = (database, time);
        _challenges = new SealedState(keys.StateSecret, ChallengeState.Purpose);
        _tokens = new SealedState(keys.StateSecret, ClientToken.Purpose);
        (_identities, _issuer) = (new IdentityIssuer(keys.SigningCertificate), keys.SigningCertificate.RawData);
    }

    /// <exception cref="AuthorityException">The keys are not those of a TPM that is let in.</exception>
    internal AuthenticateResponse Begin(AuthenticateRequest request, Action<byte[]> known)
    {
        TpmtPublic endorsement = EndorsementCheck.KeyOf(request);
        known(endorsement.Name);
        EndorsementCheck.RequireAttestationKey(request.AttestationKey);
        EndorsementCheck.RequireTrusted(_database, endorsement, request.EndorsementCertificates);
        ClientBlock.Require(_database, endorsement.Name);
        ChallengeState state = ChallengeState.Create(endorsement, request.AttestationKey, Later(ServiceLimits.ChallengeLifetime));
        byte[] content = state.Marshal();
        try
        {
            ProtectedCredential credential = CredentialProtection.Make(WrappingParent.From(endorsement), request.AttestationKey.Name, state.Secret);
            return new AuthenticateResponse(_challenges.Seal(content), credential, state.Nonce, state.Expires);
        }
        catch (Exception e) when (e is ArgumentException or UnsupportedAlgorithmException or TpmWireException)
        {
            throw new AuthorityException(AuthorityFault.EndorsementKeyUnsupported, "Nothing can be encrypted to the endorsement key: its numbers make no key.", e);
        }
        finally
        {
            SecretBytes.Clear(content);
            SecretBytes.Clear(state.Secret);
        }
    }

    /// <exception cref="AuthorityException">The challenge or the answer to it does not hold. A challenge is used up with the first answer, right or wrong.</exception>
    internal CompleteAuthenticationResponse Complete(CompleteAuthenticationRequest request, Action<byte[]> known)
    {
        byte[] content = _challenges.Open(request.Challenge)
            ?? throw new AuthorityException(AuthorityFault.ChallengeInvalid, "The challenge is none of this service's, or was altered. Authenticate anew.");
        ChallengeState state = ChallengeState.Unmarshal(content);
        try
        {
            known(state.EndorsementKey.Name);
            DateTime now = Now();
            if (now > state.Expires)
                throw new AuthorityException(AuthorityFault.ChallengeExpired, "The challenge was answered too late. Authenticate anew.");
            if (!UsedChallenges.Use(_database, state.Id, state.Expires, now))
                throw new AuthorityException(AuthorityFault.ChallengeUsed, "The challenge was answered before. Authenticate anew.");
            if (!SecretBytes.FixedTimeEquals(state.Secret, request.Secret))
                throw new AuthorityException(AuthorityFault.ChallengeFailed, "The secret is not the one of the challenge: another TPM released it, or it was altered. Authenticate anew.");
            RequireCertified(request, state);
            var token = new ClientToken(state.EndorsementKey, state.AttestationKey.Name, request.StorageKey, SecretBytes.Random(ClientToken.SessionSize), Later(ServiceLimits.TokenLifetime));
            return new CompleteAuthenticationResponse(_tokens.Seal(token.Marshal()), token.Expires, token.Client, [_identities.Issue(state.AttestationKey, token.Client, now), _issuer])
            {
                AttestationKey = token.AttestationKey,
            };
        }
        finally
        {
            SecretBytes.Clear(content);
            SecretBytes.Clear(state.Secret);
            SecretBytes.Clear(request.Secret);
        }
    }

    /// <exception cref="AuthorityException">The token is none of this service's, or is over, or its client is blocked.</exception>
    internal ClientToken RequireClient(byte[] token, Action<byte[]> known)
    {
        ClientToken client = _tokens.Open(token) is { } content
            ? ClientToken.Unmarshal(content)
            : throw new AuthorityException(AuthorityFault.TokenInvalid, "The token is none of this service's, or was altered. Authenticate first.");
        known(client.Client);
        if (Now() > client.Expires) throw new AuthorityException(AuthorityFault.TokenExpired, "The token is over. Authenticate anew.");
        ClientBlock.Require(_database, client.Client);
        return client;
    }

    public void Dispose()
    {
        _challenges.Dispose();
        _tokens.Dispose();
    }

    private static void RequireCertified(CompleteAuthenticationRequest request, ChallengeState state)
    {
        if (!request.StorageKey.Has(TpmaObject.FixedTpm | TpmaObject.FixedParent) || !IsUsableParent(request.StorageKey))
            throw Refused("The storage key is none that is bound to its TPM, or of algorithms that are not supported.");
        TpmsAttest? attest = SignedStatement.Open(state.AttestationKey, request.Statement, request.Signature, out string? problem);
        if (attest == null) throw Refused(problem!);
        if (!SecretBytes.FixedTimeEquals(attest.ExtraData, state.Nonce)) throw Refused("The statement was made for another nonce.");
        if (attest.Attested is not TpmsCertifyInfo info || !SecretBytes.FixedTimeEquals(info.Name, request.StorageKey.Name))
            throw Refused("The statement is not about the storage key that was shown.");
    }

    private static bool IsUsableParent(TpmtPublic key)
    {
        try
        {
            return key.NameAlg != TpmAlgId.Sha1 && WrappingParent.From(key).PublicKey is not null;
        }
        catch (Exception e) when (e is ArgumentException or UnsupportedAlgorithmException or TpmWireException)
        {
            return false;
        }
    }

    private static AuthorityException Refused(string why) =>
        new(AuthorityFault.CertificationRefused, "The statement of the attestation key does not hold. " + why);

    private DateTime Now() => _time.GetUtcNow().UtcDateTime;

    private DateTime Later(TimeSpan lifetime) => StoredKeys.WholeSeconds(Now() + lifetime);
}
