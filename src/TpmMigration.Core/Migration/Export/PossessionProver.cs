using System;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Has the platform's attestation key state that migrating keys are in its TPM, for a Migration Authority: one command for each key, and two more for
/// the first. What the TPM made itself it knows by the record of that; other keys must be authorized for it.
/// </summary>
internal sealed class PossessionProver(KeyLoader loader, KeyPasswords passwords, Guid package)
{
    private readonly byte[] _qualifyingData = KeyPossession.QualifyingData(package);

    /// <param name="stored">The key as it is in the store.</param>
    /// <param name="key">The same, loaded.</param>
    /// <param name="makeRoom">Lets go of what takes a slot in the TPM and can be loaded again.</param>
    /// <exception cref="KeyAuthorizationException">The key's password is wrong.</exception>
    internal KeyPossession Prove(StoredKey stored, TpmObject key, Action makeRoom)
    {
        try
        {
            return Prove(stored, key);
        }
        catch (TpmException e) when (e.Code == TpmRc.ObjectMemory || e.Code == TpmRc.ObjectHandles)
        {
            makeRoom();
            return Prove(stored, key);
        }
    }

    private KeyPossession Prove(StoredKey stored, TpmObject key)
    {
        if (stored.Record.Creation is { } creation)
        {
            try
            {
                CertifyResponse made = AttestationKey.CertifyCreation(loader, key, creation, _qualifyingData);
                return new KeyPossession(made.CertifyInfo, made.Signature);
            }
            catch (TpmException e) when (e.Code == TpmRc.Ticket)
            {
                // The hierarchy's proof was changed since; the key can still say itself that it is here.
            }
        }
        string name = stored.Record.Name;
        return KeyAuthorizationException.Explain(loader.Device, AuthorizationSubject.Key, name, () =>
        {
            using var use = new KeyUse(loader, key, stored.Record.PolicyBranches, key.HasEmptyAuth ? [] : passwords.Key);
            KeyCertification certified = AttestationKey.Certify(loader, key, use.Authorize(), _qualifyingData);
            return new KeyPossession(certified.Statement, certified.Signature);
        });
    }
}
