using System;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>
/// Takes the TPM Owner's authorization and turns it into approvals: one TPM2_PolicySecret a key, whose ticket the key owner shows
/// at export. Two sessions serve any number of keys. Dispose ends them.
/// </summary>
public sealed class OwnerApprover : IDisposable
{
    private readonly KeyLoader _loader;
    private readonly KeyPasswords _passwords;
    private TpmSession? _policy;

    public OwnerApprover(KeyLoader loader, KeyPasswords passwords)
    {
        _loader = loader;
        _passwords = passwords;
    }

    /// <summary>Approves that one key goes to one destination.</summary>
    /// <param name="key">The key; it needs not be loaded.</param>
    /// <param name="destination">Where it may go.</param>
    /// <param name="reason">Why; not empty.</param>
    /// <param name="validFor">How long, from now, in whole seconds.</param>
    /// <param name="innerWrap">Whether it goes with an inner wrap, as keys with encryptedDuplication always do.</param>
    /// <exception cref="KeyException">The key is none that the Owner can let go.</exception>
    /// <exception cref="KeyAuthorizationException">The Owner's password is wrong or missing.</exception>
    public OwnerApproval Approve(StoredKey key, MigrationDestination destination, string reason, TimeSpan validFor, bool innerWrap = false)
    {
        TpmtPublic publicArea = key.PublicArea();
        MigrationRules.RequireOwnerCanApprove(key.Record.Name, KeyClassification.Of(publicArea, key.Record.PolicyBranches));
        innerWrap |= publicArea.Has(TpmaObject.EncryptedDuplication);
        byte[] cpHash = DuplicationCommand.CpHash(publicArea.Name, destination.Parent.Name, innerWrap);
        PolicyAuthorizationResponse response = Authorize(publicArea.NameAlg, cpHash, checked((int)validFor.TotalSeconds));
        DateTime now = StoredKeys.Now();
        return new OwnerApproval
        {
            Id = Guid.NewGuid(),
            ApprovedBy = Account.Current,
            Reason = reason,
            Created = now,
            ValidUntil = now + validFor,
            MachineHost = Environment.MachineName,
            MachineName = _loader.StorageRoot.Handle.Name,
            KeyName = key.Record.Name,
            KeyTpmName = publicArea.Name,
            DestinationHost = destination.HostName,
            DestinationName = destination.Parent.Name,
            Ticket = new OwnerTicket(cpHash, response.Timeout, response.PolicyTicket, innerWrap),
        };
    }

    public void Dispose() => _policy?.Dispose();

    private PolicyAuthorizationResponse Authorize(TpmAlgId hash, byte[] cpHash, int seconds)
    {
        if (_policy?.HashAlg == hash)
        {
            _loader.Device.Execute(new PolicyRestart { PolicySession = _policy.Handle });
        }
        else
        {
            _policy?.Dispose();
            _policy = TpmSession.Start(_loader.Device, TpmSe.Policy, hash: hash);
        }
        return KeyAuthorizationException.Explain(_loader.Device, AuthorizationSubject.Owner, string.Empty, () => _loader.Device.Execute(
            new PolicySecret
            {
                AuthHandle = TpmHandle.Owner,
                PolicySession = _policy.Handle,
                NonceTpm = _policy.NonceTpm,
                CpHashA = cpHash,
                Expiration = -seconds,
            },
            _loader.Session.Authorize(_passwords.Owner)));
    }
}
