using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Satisfies the policy of MKs in one policy session that serves key after key, by the Owner's ticket or the Owner's password.
/// The TPM judges; where it refuses, the documents at hand tell why.
/// </summary>
internal sealed class DuplicationPolicy : IDisposable
{
    private readonly KeyLoader _loader;
    private readonly ExportRequest _request;
    private readonly KeyPasswords _passwords;
    private readonly ILookup<string, OwnerApproval> _approvals;
    private TpmSession? _session;
    private bool _fresh;

    internal DuplicationPolicy(KeyLoader loader, ExportRequest request, KeyPasswords passwords)
    {
        _loader = loader;
        _request = request;
        _passwords = passwords;
        _approvals = request.Approvals.ToLookup(a => Convert.ToBase64String(a.KeyTpmName));
    }

    /// <summary>The approval to use for a key.</summary>
    /// <returns>Null where the Owner authorizes the export itself.</returns>
    /// <exception cref="ApprovalException">There is none that could be tried.</exception>
    internal OwnerApproval? Choose(string name, TpmtPublic key)
    {
        if (_request.OwnerReason != null) return null;
        List<OwnerApproval> candidates = _approvals[Convert.ToBase64String(key.Name)].ToList();
        if (candidates.Count == 0)
        {
            throw _request.Approvals.Count == 0
                ? new ApprovalException(ApprovalFault.Missing, $"The TPM Owner has not approved that the key '{name}' goes to '{_request.Destination.HostName}'. Have it approved with Approve-TpmMigration, or give the Owner's password.")
                : new ApprovalException(ApprovalFault.ForAnotherKey, $"No approval given is for the key '{name}'; they are for {string.Join(", ", _request.Approvals.Select(a => $"'{a.KeyName}'").Distinct().Take(5))}. Have this key approved with Approve-TpmMigration.");
        }
        // The right destination first, then the latest: the one that is most likely to be honoured.
        OwnerApproval chosen = candidates[0];
        foreach (OwnerApproval other in candidates.Skip(1))
        {
            bool sameTarget = Fits(other) == Fits(chosen);
            if (sameTarget ? other.ValidUntil > chosen.ValidUntil : Fits(other) > Fits(chosen)) chosen = other;
        }
        if (!SecretBytes.FixedTimeEquals(chosen.MachineName, _loader.StorageRoot.Handle.Name))
            throw new ApprovalException(ApprovalFault.ForAnotherMachine, $"The approval for the key '{name}' was given on '{chosen.MachineHost}' by another TPM. The Owner of this TPM must approve.");
        if (chosen.ValidUntil <= DateTime.UtcNow)
            throw new ApprovalException(ApprovalFault.Expired, FormattableString.Invariant($"The approval for the key '{name}' ended at {chosen.ValidUntil:u}. Have it approved anew with Approve-TpmMigration."));
        if (chosen.Ticket == null)
            throw new ApprovalException(ApprovalFault.Malformed, $"The approval for the key '{name}' records an export that the Owner authorized directly; it holds no ticket and cannot be used again.");
        if (IsForDestination(chosen) && chosen.Ticket.InnerWrap != _request.HasInnerWrap)
        {
            throw new ApprovalException(ApprovalFault.ForAnotherForm, chosen.Ticket.InnerWrap
                ? $"What was approved is that the key '{name}' goes with an inner wrap. Name with -RecoveryAgent or -RecoveryPassphrase who can open it, or have the key approved without -InnerWrap."
                : $"What was approved is that the key '{name}' goes without an inner wrap. Have it approved with Approve-TpmMigration -InnerWrap, or leave -RecoveryAgent and -RecoveryPassphrase out.");
        }
        return chosen;
    }

    /// <summary>Says of an approval, by what is written in it, whether the TPM would let the key go to the destination under it.</summary>
    /// <exception cref="ApprovalException">It is for another destination, or holds what the TPM gave for another.</exception>
    internal void RequireForDestination(string name, TpmtPublic key, OwnerApproval approval)
    {
        if (!IsForDestination(approval) || !SecretBytes.FixedTimeEquals(approval.Ticket!.CpHash, OwnerApprover.DuplicationCpHash(key, _request.Destination.Parent.Name, _request.HasInnerWrap)))
            throw Refused(name, approval, null);
    }

    /// <summary>Duplicates a loaded key to the loaded new parent.</summary>
    internal DuplicateResponse Duplicate(string name, TpmObject key, TpmObject newParent, OwnerApproval? approval)
    {
        TpmSession session = Begin(key.PublicArea.NameAlg);
        TpmDevice device = _loader.Device;
        _fresh = false;
        device.Execute(new PolicyAuthValue { PolicySession = session.Handle });
        if (approval == null) AuthorizeDirectly(session, key.PublicArea, newParent);
        else ShowTicket(session, name, approval);
        device.Execute(new PolicyCommandCode { PolicySession = session.Handle, CommandCode = TpmCc.Duplicate });
        try
        {
            DuplicateResponse response = KeyAuthorizationException.Explain(device, AuthorizationSubject.Key, name, () => device.Execute(
                OwnerApprover.Duplication(key.Handle, newParent.Handle, _request.HasInnerWrap),
                // The key of an inner wrap is the first parameter of the answer.
                session.Authorize(key.HasEmptyAuth ? [] : _passwords.Key, _request.HasInnerWrap ? TpmaSession.Encrypt : TpmaSession.None)));
            _fresh = true; // Used with success, a policy session that goes on starts anew.
            return response;
        }
        catch (TpmException e) when (approval != null && (e.Code == TpmRc.PolicyFail || e.Code == TpmRc.CpHash))
        {
            throw Refused(name, approval, e);
        }
    }

    public void Dispose() => _session?.Dispose();

    private int Fits(OwnerApproval approval) => !IsForDestination(approval) ? 0 : approval.Ticket?.InnerWrap == _request.HasInnerWrap ? 2 : 1;

    private bool IsForDestination(OwnerApproval approval) => SecretBytes.FixedTimeEquals(approval.DestinationName, _request.Destination.Parent.Name);

    private TpmSession Begin(TpmAlgId hash)
    {
        if (_session?.HashAlg != hash)
        {
            _session?.Dispose();
            _session = TpmSession.Start(_loader.Device, TpmSe.Policy, _loader.StorageRoot, hash: hash);
        }
        else if (!_fresh)
        {
            _loader.Device.Execute(new PolicyRestart { PolicySession = _session.Handle });
        }
        return _session;
    }

    private void AuthorizeDirectly(TpmSession session, TpmtPublic key, TpmObject newParent) =>
        KeyAuthorizationException.Explain(_loader.Device, AuthorizationSubject.Owner, string.Empty, () => _loader.Device.Execute(
            new PolicySecret
            {
                AuthHandle = TpmHandle.Owner,
                PolicySession = session.Handle,
                NonceTpm = session.NonceTpm,
                CpHashA = OwnerApprover.DuplicationCpHash(key, newParent.Handle.Name, _request.HasInnerWrap),
            },
            _loader.Session.Authorize(_passwords.Owner)));

    private void ShowTicket(TpmSession session, string name, OwnerApproval approval)
    {
        OwnerTicket ticket = approval.Ticket!;
        try
        {
            _loader.Device.Execute(new PolicyTicket
            {
                PolicySession = session.Handle,
                Timeout = ticket.Timeout,
                CpHashA = ticket.CpHash,
                AuthName = TpmHandle.Owner.Name,
                Ticket = ticket.Ticket,
            });
        }
        catch (TpmException e) when (e.Code == TpmRc.Expired)
        {
            throw new ApprovalException(ApprovalFault.Expired, $"The TPM no longer honours the approval for the key '{name}': by the TPM's clock its time is over, or the TPM was restarted. Have it approved anew with Approve-TpmMigration.", e);
        }
        catch (TpmException e) when (e.Code == TpmRc.Ticket || e.Code == TpmRc.ValueCode || e.Code == TpmRc.Size || e.Code == TpmRc.TagCode || e.Code == TpmRc.Hierarchy)
        {
            throw new ApprovalException(ApprovalFault.Stale, $"The TPM does not honour the approval for the key '{name}': the TPM was restarted or cleared since it was given, or it was altered. Have it approved anew with Approve-TpmMigration.", e);
        }
    }

    // Hosts may be named alike; what counts is the new parent.
    private static string Label(string host, byte[] parentName) => $"'{host}' (parent {Hex.Format(parentName).Substring(4, 8)}...)";

    /// <param name="name">The key.</param>
    /// <param name="approval">What was approved.</param>
    /// <param name="refusal">The TPM's word; null if it was not asked.</param>
    private ApprovalException Refused(string name, OwnerApproval approval, TpmException? refusal) => new(
        ApprovalFault.ForAnotherDestination,
        $"The TPM {(refusal == null ? "would refuse" : "refused")} to let the key '{name}' go to {Label(_request.Destination.HostName, _request.Destination.Parent.Name)}: its Owner approved {Label(approval.DestinationHost, approval.DestinationName)} and no other destination. Have this destination approved with Approve-TpmMigration.{(refusal == null ? "" : $" ({refusal.Message})")}",
        refusal);
}
