using System;
using System.Security.Cryptography;

namespace TpmMigration.Tpm;

/// <summary>
/// A started HMAC, policy or trial session: its keys and rolling nonces. Dispose flushes it if the TPM still holds it.
/// TPM 2.0 Part 1, clauses 19 and 21.
/// </summary>
public sealed class TpmSession : IDisposable
{
    private readonly TpmDevice _device;
    private readonly byte[] _sessionKey;
    private readonly byte[]? _boundName;

    private TpmSession(TpmDevice device, TpmHandle handle, TpmSe type, TpmAlgId hash, byte[] nonceTpm, byte[] sessionKey, byte[]? boundName)
    {
        _device = device;
        Handle = handle;
        Type = type;
        HashAlg = hash;
        NonceTpm = nonceTpm;
        _sessionKey = sessionKey;
        _boundName = boundName;
    }

    public TpmHandle Handle { get; }

    public TpmSe Type { get; }

    public TpmAlgId HashAlg { get; }

    /// <summary>The TPM's latest nonce, of the size of the session's hash.</summary>
    public byte[] NonceTpm { get; private set; }

    internal byte[] NonceCaller { get; private set; } = [];

    /// <summary>The cipher for parameters: AES-128 in CFB mode.</summary>
    internal static TpmtSymDef Symmetric => TpmtSymDef.Aes128Cfb;

    /// <summary>Starts a session.</summary>
    /// <param name="device">The TPM.</param>
    /// <param name="type">HMAC, policy or trial.</param>
    /// <param name="salt">A loaded decryption key to which the salt is encrypted; without it and without bind, the session hides nothing.</param>
    /// <param name="bind">An entity whose authorization value enters the session key.</param>
    /// <param name="bindAuth">That authorization value.</param>
    /// <param name="hash">The session's hash; for a policy session, the name algorithm of the key it will authorize.</param>
    public static TpmSession Start(
        TpmDevice device, TpmSe type, TpmObject? salt = null, TpmHandle? bind = null, byte[]? bindAuth = null, TpmAlgId hash = TpmAlgId.Sha256)
    {
        byte[] nonceCaller = NewNonce(hash);
        using SharedSecret? shared = salt == null ? null : salt.PublicArea.ShareSecret(salt.PublicArea.SharingHash(), SecretLabel.Secret);
        byte[] authAndSalt = [.. AuthValue.Trim(bindAuth ?? []), .. shared?.Secret ?? []];
        try
        {
            StartAuthSessionResponse response = device.Execute(new StartAuthSession
            {
                TpmKey = salt?.Handle ?? TpmHandle.Null,
                Bind = bind ?? TpmHandle.Null,
                NonceCaller = nonceCaller,
                EncryptedSalt = shared?.EncryptedSecret ?? [],
                SessionType = type,
                Symmetric = type == TpmSe.Trial ? TpmtSymDef.Null : Symmetric,
                AuthHash = hash,
            });
            byte[] sessionKey = salt == null && bind == null
                ? []
                : Kdf.KdfA(hash, authAndSalt, "ATH", response.NonceTpm, nonceCaller, TpmHash.Size(hash) * 8);
            return new TpmSession(
                device, TpmHandle.Permanent(response.SessionHandle), type, hash, response.NonceTpm, sessionKey, bind?.Name);
        }
        finally
        {
            Array.Clear(authAndSalt, 0, authAndSalt.Length);
        }
    }

    /// <summary>Uses the session to authorize one handle.</summary>
    /// <param name="authValue">
    /// The entity's authorization value. For a policy session: that value if PolicyAuthValue is part of the policy, otherwise empty.
    /// </param>
    /// <param name="parameters">Decrypt to encrypt the command's first parameter, Encrypt for the response's.</param>
    public TpmAuthorization Authorize(byte[] authValue, TpmaSession parameters = TpmaSession.None) =>
        new(this, AuthValue.Trim(authValue), TpmaSession.ContinueSession | parameters);

    /// <summary>Uses the session for nothing but the protection of parameters.</summary>
    public TpmAuthorization Protect(TpmaSession parameters) => new(this, [], TpmaSession.ContinueSession | parameters);

    public void Dispose()
    {
        Array.Clear(_sessionKey, 0, _sessionKey.Length);
        _device.Flush(Handle);
    }

    internal void RollNonceCaller() => NonceCaller = NewNonce(HashAlg);

    internal void TakeNonceTpm(byte[] nonce) => NonceTpm = nonce;

    /// <summary>The HMAC of a command or response, Part 1, 19.6.5; empty where a policy asks for none.</summary>
    internal byte[] ComputeHmac(byte[] parameterHash, byte[] authValue, byte[]? entityName, byte[] nonceNewer, byte[] nonceOlder, byte[] otherNonces, TpmaSession attributes)
    {
        bool bound = _boundName != null && entityName != null && SecretBytes.FixedTimeEquals(_boundName, entityName);
        byte[] key = bound ? [.. _sessionKey] : [.. _sessionKey, .. authValue];
        if (key.Length == 0 && Type == TpmSe.Policy) return [];
        byte[] hmac = TpmHash.Hmac(HashAlg, key, parameterHash, nonceNewer, nonceOlder, otherNonces, [(byte)attributes]);
        Array.Clear(key, 0, key.Length);
        return hmac;
    }

    /// <summary>Encrypts or decrypts the first parameter, Part 1, 21.3.</summary>
    internal byte[] CryptParameter(byte[] data, byte[] authValue, byte[] nonceNewer, byte[] nonceOlder, bool encrypt)
    {
        const int blockBytes = 16;
        int keyBytes = Symmetric.KeyBits / 8;
        byte[] sessionValue = [.. _sessionKey, .. authValue];
        byte[] derived = Kdf.KdfA(HashAlg, sessionValue, "CFB", nonceNewer, nonceOlder, (keyBytes + blockBytes) * 8);
        var parts = new TpmReader(derived);
        byte[] key = parts.ReadBytes(keyBytes);
        byte[] iv = parts.ReadBytes(blockBytes);
        byte[] result = encrypt ? AesCfb.Encrypt(key, iv, data) : AesCfb.Decrypt(key, iv, data);
        Array.Clear(sessionValue, 0, sessionValue.Length);
        Array.Clear(derived, 0, derived.Length);
        Array.Clear(key, 0, key.Length);
        return result;
    }

    private static byte[] NewNonce(TpmAlgId hash)
    {
        byte[] nonce = new byte[TpmHash.Size(hash)];
        using var random = RandomNumberGenerator.Create();
        random.GetBytes(nonce);
        return nonce;
    }
}
