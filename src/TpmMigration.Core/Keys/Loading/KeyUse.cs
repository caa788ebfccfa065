using System;
using System.Collections.Generic;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// Authorizes one use of a loaded key: by its password, or, where the key has a use policy, in a session that satisfies it. Dispose ends the
/// session.
/// </summary>
internal sealed class KeyUse : IDisposable
{
    private readonly KeyLoader _loader;
    private readonly byte[] _password;
    private readonly TpmSession? _policy;
    private readonly bool _asksForPassword = true;

    /// <param name="loader">TPM and store.</param>
    /// <param name="key">The loaded key.</param>
    /// <param name="branches">Its recorded policy.</param>
    /// <param name="password">Its password; empty if it has none.</param>
    /// <exception cref="TpmException">The PCRs do not have the values that the key asks for (TPM_RC_VALUE).</exception>
    internal KeyUse(KeyLoader loader, TpmObject key, IReadOnlyList<IReadOnlyList<PolicyStep>> branches, byte[] password)
    {
        _loader = loader;
        _password = password;
        if (UsePolicy.Of(key.PublicArea, branches) is not { } use) return;
        _asksForPassword = use.AsksForPassword;
        _policy = TpmSession.Start(loader.Device, TpmSe.Policy, loader.StorageRoot, hash: key.PublicArea.NameAlg);
        try
        {
            Satisfy(_policy.Handle, use, PolicyBranches.OrPath(key.PublicArea.NameAlg, branches, 0));
        }
        catch
        {
            _policy.Dispose();
            throw;
        }
    }

    /// <summary>For one command; a session is satisfied for one.</summary>
    internal TpmAuthorization Authorize(TpmaSession parameters = TpmaSession.None)
    {
        if (_policy != null) return _policy.Authorize(_asksForPassword ? _password : [], parameters);
        return _password.Length == 0 && parameters == TpmaSession.None ? TpmAuthorization.Empty : _loader.Session.Authorize(_password, parameters);
    }

    public void Dispose() => _policy?.Dispose();

    private void Satisfy(TpmHandle session, UsePolicy use, IReadOnlyList<IReadOnlyList<byte[]>> orPath)
    {
        TpmDevice device = _loader.Device;
        device.Execute(new PolicyPcr { PolicySession = session, PcrDigest = use.Pcrs.PcrDigest, Pcrs = use.Pcrs.Pcrs });
        if (use.AsksForPassword) device.Execute(new PolicyAuthValue { PolicySession = session });
        foreach (IReadOnlyList<byte[]> digests in orPath)
            device.Execute(new PolicyOr { PolicySession = session, HashList = digests });
    }
}
