using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Satisfies the policies of keys in one policy session that serves key after key: of MKs by the Owner's ticket or the Owner's password,
/// of CMKs by the signatures of their authorities. The TPM judges; where it refuses, the documents at hand tell why.
/// </summary>
internal sealed class DuplicationPolicy : IDisposable
{
    private readonly KeyLoader _loader;
    private readonly ExportRequest _request;
    private readonly KeyPasswords _passwords;
    private readonly ILookup<string, OwnerApproval> _approvals;
    private readonly SelectionAuthorization _selection;
    private SelectionChoice? _choice;
    private TpmSession? _session;
    private bool _fresh;

    internal DuplicationPolicy(KeyLoader loader, ExportRequest request, KeyPasswords passwords)
    {
        _loader = loader;
        _request = request;
        _passwords = passwords;
        _approvals = request.Approvals.OfType<OwnerApproval>().ToLookup(a => Convert.ToBase64String(a.KeyTpmName));
        _selection = new SelectionAuthorization(loader, request.Destination);
    }

    /// <exception cref="KeyException">An attribute or the policy of the key stops it, whatever approvals there are.</exception>
    internal void RequireCanLeave(string name, KeyClassification classification, TpmtPublic publicArea)
    {
        if (_request.OwnerReason == null) MigrationRules.RequireCanLeave(name, classification);
        else MigrationRules.RequireOwnerCanApprove(name, classification);
        MigrationRules.RequireInnerWrap(name, publicArea, _request.HasInnerWrap);
    }

    /// <summary>With whose word a key can leave.</summary>
    /// <exception cref="ApprovalException">There is nobody's that could be tried.</exception>
    internal ExportPermission Choose(StoredKey key, TpmtPublic publicArea, KeyClassification classification)
    {
        string name = key.Record.Name;
        if (classification.Selection is not { } selection)
            return new OwnerPermission(Choose(name, publicArea), classification.Use == null ? [] : PolicyBranches.OrPath(publicArea.NameAlg, key.Record.PolicyBranches, key.Record.PolicyBranches.Count - 1));
        _choice ??= new SelectionChoice(
            _request.Approvals.OfType<SelectionApproval>(), _request.Destination, _loader.Store.UsedApprovals().Select(used => used.Id), DateTime.UtcNow);
        return _choice.Choose(name, publicArea, key.Record.PolicyBranches, selection);
    }

    /// <summary>Says of a permission, by what is written in it, whether the TPM would let the key go to the destination under it.</summary>
    /// <exception cref="ApprovalException">An approval is for another destination, or holds what was given for another.</exception>
    internal void RequireForDestination(string name, TpmtPublic key, ExportPermission permission)
    {
        if (permission is OwnerPermission { Approval: { } approval }) RequireForDestination(name, key, approval);
        if (permission is SelectionPermission { Chosen: var chosen } && !chosen.All(_choice!.IsForDestination)) throw _selection.Refused(name, chosen, null);
    }

    /// <summary>The Owner's approval to use for a key.</summary>
    /// <returns>Null where the Owner authorizes the export itself.</returns>
    private OwnerApproval? Choose(string name, TpmtPublic key)
    {
        if (_request.OwnerReason != null) return null;
        List<OwnerApproval> candidates = _approvals[Convert.ToBase64String(key.Name)].ToList();
        if (candidates.Count == 0)
        {
            throw _approvals.Count == 0
                ? new ApprovalException(ApprovalFault.Missing, $"The TPM Owner has not approved that the key '{name}' goes to '{_request.Destination.HostName}'. Have it approved with Approve-TpmMigration, or give the Owner's password.")
                : new ApprovalException(ApprovalFault.ForAnotherKey, $"No approval given is for the key '{name}'; they are for {string.Join(", ", _approvals.SelectMany(a => a).Select(a => $"'{a.KeyName}'").Distinct().Take(5))}. Have this key approved with Approve-TpmMigration.");
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

    /// <summary>Satisfies the policy of a key, which is not loaded yet: what the TPM verifies meanwhile takes its slot.</summary>
    /// <exception cref="ApprovalException">The TPM does not honour an approval.</exception>
    internal void Satisfy(string name, TpmtPublic key, ExportPermission permission)
    {
        TpmSession session = Begin(key.NameAlg);
        _fresh = false;
        if (permission is SelectionPermission selection)
        {
            _selection.Show(session, name, key, selection, _request.HasInnerWrap);
            return;
        }
        _loader.Device.Execute(new PolicyAuthValue { PolicySession = session.Handle });
        var owner = (OwnerPermission)permission;
        if (owner.Approval != null) ShowTicket(session, name, owner.Approval);
        else AuthorizeDirectly(session, key);
        _loader.Device.Execute(new PolicyCommandCode { PolicySession = session.Handle, CommandCode = TpmCc.Duplicate });
        foreach (IReadOnlyList<byte[]> digests in owner.OrPath)
            _loader.Device.Execute(new PolicyOr { PolicySession = session.Handle, HashList = digests });
    }

    /// <summary>Duplicates a loaded key, whose policy was satisfied last, to the loaded new parent.</summary>
    internal DuplicateResponse Duplicate(string name, TpmObject key, TpmObject newParent, ExportPermission permission)
    {
        TpmSession session = _session!;
        try
        {
            DuplicateResponse response = KeyAuthorizationException.Explain(_loader.Device, AuthorizationSubject.Key, name, () => _loader.Device.Execute(
                DuplicationCommand.For(key.Handle, newParent.Handle, _request.HasInnerWrap),
                // The key of an inner wrap is the first parameter of the answer.
                session.Authorize(key.HasEmptyAuth ? [] : _passwords.Key, _request.HasInnerWrap ? TpmaSession.Encrypt : TpmaSession.None)));
            _fresh = true; // Used with success, a policy session that goes on starts anew.
            return response;
        }
        catch (TpmException e) when (permission.Approvals.Count != 0 && (e.Code == TpmRc.PolicyFail || e.Code == TpmRc.CpHash))
        {
            throw permission is SelectionPermission selection
                ? _selection.Refused(name, selection.Chosen, e)
                : Refused(name, ((OwnerPermission)permission).Approval!, e);
        }
    }

    public void Dispose() => _session?.Dispose();

    private void RequireForDestination(string name, TpmtPublic key, OwnerApproval approval)
    {
        if (!IsForDestination(approval) || !SecretBytes.FixedTimeEquals(approval.Ticket!.CpHash, CpHash(key)))
            throw Refused(name, approval, null);
    }

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

    private byte[] CpHash(TpmtPublic key) => DuplicationCommand.CpHash(key.Name, _request.Destination.Parent.Name, _request.HasInnerWrap);

    private void AuthorizeDirectly(TpmSession session, TpmtPublic key) =>
        KeyAuthorizationException.Explain(_loader.Device, AuthorizationSubject.Owner, string.Empty, () => _loader.Device.Execute(
            new PolicySecret
            {
                AuthHandle = TpmHandle.Owner,
                PolicySession = session.Handle,
                NonceTpm = session.NonceTpm,
                CpHashA = CpHash(key),
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

    /// <param name="name">The key.</param>
    /// <param name="approval">What was approved.</param>
    /// <param name="refusal">The TPM's word; null if it was not asked.</param>
    private ApprovalException Refused(string name, OwnerApproval approval, TpmException? refusal) => new(
        ApprovalFault.ForAnotherDestination,
        $"The TPM {(refusal == null ? "would refuse" : "refused")} to let the key '{name}' go to {DestinationLabel.Of(_request.Destination.HostName, _request.Destination.Parent.Name)}: its Owner approved {DestinationLabel.Of(approval.DestinationHost, approval.DestinationName)} and no other destination. Have this destination approved with Approve-TpmMigration.{(refusal == null ? "" : $" ({refusal.Message})")}",
        refusal);
}
