using System.Collections.Generic;

namespace TpmMigration.Tpm;

/// <summary>One use of a session in one command. The first authorize the command's handles in order; further ones protect parameters.</summary>
public sealed class TpmAuthorization
{
    private const uint PasswordHandle = 0x40000009;

    internal TpmAuthorization(TpmSession? session, byte[] authValue, TpmaSession attributes)
    {
        Session = session;
        Value = authValue;
        Attributes = attributes;
    }

    /// <summary>Sends the authorization value as it is: only for values that are no secret, such as the empty one.</summary>
    public static TpmAuthorization Password(byte[] value) => new(null, value, TpmaSession.ContinueSession);

    /// <summary>The authorization of an entity without password.</summary>
    public static TpmAuthorization Empty { get; } = Password([]);

    /// <summary>Null for a password.</summary>
    internal TpmSession? Session { get; }

    internal byte[] Value { get; }

    internal TpmaSession Attributes { get; }

    internal bool DecryptsCommand => (Attributes & TpmaSession.Decrypt) != 0;

    internal bool EncryptsResponse => (Attributes & TpmaSession.Encrypt) != 0;

    /// <summary>Writes this use into the authorization area of a command. Part 1, 18.6; Part 2, 10.13.</summary>
    internal void Write(TpmWriter writer, byte[] cpHash, byte[]? entityName, byte[] otherNonces)
    {
        writer.WriteU32(Session?.Handle.Value ?? PasswordHandle);
        writer.WriteTpm2b(Session?.NonceCaller ?? []);
        writer.WriteU8((byte)Attributes);
        writer.WriteTpm2b(Session == null
            ? Value
            : Session.ComputeHmac(cpHash, Value, entityName, Session.NonceCaller, Session.NonceTpm, otherNonces, Attributes));
    }

    /// <summary>Reads and checks this use's part of a response.</summary>
    /// <returns>Whether the session goes on.</returns>
    /// <exception cref="TpmWireException">The response was not made by the TPM that shares the session key.</exception>
    internal bool ReadResponse(TpmReader reader, byte[] rpHash, byte[]? entityName)
    {
        byte[] nonceTpm = reader.ReadTpm2b();
        var attributes = (TpmaSession)reader.ReadU8();
        byte[] hmac = reader.ReadTpm2b();
        if (Session == null) return true;
        Session.TakeNonceTpm(nonceTpm);
        byte[] expected = Session.ComputeHmac(rpHash, Value, entityName, nonceTpm, Session.NonceCaller, [], attributes);
        if (!SecretBytes.FixedTimeEquals(hmac, expected))
            throw new TpmWireException("The TPM's answer does not carry the session's proof: it was altered on its way, or something else answered.");
        return (attributes & TpmaSession.ContinueSession) != 0;
    }

    /// <summary>The nonces of parameter-protecting sessions that enter the first session's HMAC. Part 1, 19.6.5.</summary>
    internal static byte[] OtherNonces(IReadOnlyList<TpmAuthorization> uses)
    {
        byte[] nonces = [];
        TpmSession? decrypt = null;
        foreach (TpmAuthorization use in uses)
        {
            if (!use.DecryptsCommand || use.Session == null) continue;
            decrypt = use.Session;
            if (use != uses[0]) nonces = decrypt.NonceTpm;
        }
        foreach (TpmAuthorization use in uses)
        {
            if (use.EncryptsResponse && use.Session != null && use != uses[0] && use.Session != decrypt)
                nonces = [.. nonces, .. use.Session.NonceTpm];
        }
        return nonces;
    }
}
