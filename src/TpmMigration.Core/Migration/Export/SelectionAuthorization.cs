using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Shows the approvals of a CMK's authorities to the TPM, in a policy session. An authority's key is loaded for as long as the TPM needs it
/// to verify, and a signature that serves many keys is verified once.
/// </summary>
internal sealed class SelectionAuthorization
{
    private readonly KeyLoader _loader;
    private readonly MigrationDestination _destination;
    private readonly Dictionary<PolicyAuthorization, TpmtTicket> _tickets = new(ByReference.Instance);

    internal SelectionAuthorization(KeyLoader loader, MigrationDestination destination) => (_loader, _destination) = (loader, destination);

    /// <summary>Leads a session that has just begun to the policy of a key. The key needs not be loaded.</summary>
    /// <exception cref="ApprovalException">The TPM does not honour an approval.</exception>
    internal void Show(TpmSession session, string name, TpmtPublic key, SelectionPermission permission, bool innerWrap)
    {
        if (permission.Quorum == 1) ShowPolicy(session, name, key, permission.Chosen[0]);
        else ShowCommand(session, name, permission.Chosen, innerWrap);
        try
        {
            foreach (IReadOnlyList<byte[]> digests in permission.OrPath)
                _loader.Device.Execute(new PolicyOr { PolicySession = session.Handle, HashList = digests });
        }
        catch (TpmException e) when (e.Code == TpmRc.ValueCode)
        {
            throw Refused(name, permission.Chosen, e);
        }
    }

    /// <summary>The error for a key that the TPM does not let go, or would not.</summary>
    internal ApprovalException Refused(string name, IReadOnlyList<SelectionApproval> approvals, TpmException? refusal)
    {
        SelectionApproval other = approvals.FirstOrDefault(each => !SecretBytes.FixedTimeEquals(each.DestinationName, _destination.Parent.Name)) ?? approvals[0];
        return new ApprovalException(
            ApprovalFault.ForAnotherDestination,
            $"The TPM {(refusal == null ? "would refuse" : "refused")} to let the key '{name}' go to {DestinationLabel.Of(_destination.HostName, _destination.Parent.Name)}: '{other.Authority.Description}' approved {DestinationLabel.Of(other.DestinationHost, other.DestinationName)}{(other.Key == null ? "" : $" for the key '{other.Key.KeyName}'")}, and nothing else. Have this destination approved with Approve-TpmMigration -Certificate.{(refusal == null ? "" : $" ({refusal.Message})")}",
            refusal);
    }

    private void ShowPolicy(TpmSession session, string name, TpmtPublic key, SelectionApproval approval)
    {
        PolicyAuthorization authorization = approval.PolicyAuthorizations.FirstOrDefault(each => each.Hash == key.NameAlg) ?? throw NotFor(name, approval);
        TpmtTicket ticket = TicketFor(name, approval, authorization);
        TpmDevice device = _loader.Device;
        device.Execute(new PolicyAuthValue { PolicySession = session.Handle });
        device.Execute(new PolicyDuplicationSelect
        {
            PolicySession = session.Handle,
            ObjectName = key.Name,
            NewParentName = _destination.Parent.Name,
            IncludeObject = approval.Key != null,
        });
        try
        {
            device.Execute(new PolicyAuthorize
            {
                PolicySession = session.Handle,
                ApprovedPolicy = authorization.ApprovedPolicy,
                PolicyRef = authorization.PolicyRef,
                KeySign = approval.Authority.TpmName,
                CheckTicket = ticket,
            });
        }
        catch (TpmException e) when (e.Code == TpmRc.ValueCode || e.Code == TpmRc.Size)
        {
            throw Refused(name, [approval], e);
        }
    }

    private void ShowCommand(TpmSession session, string name, IReadOnlyList<SelectionApproval> approvals, bool innerWrap)
    {
        TpmDevice device = _loader.Device;
        device.Execute(new PolicyAuthValue { PolicySession = session.Handle });
        foreach (SelectionApproval approval in approvals)
        {
            DuplicationAuthorization authorization = approval.DuplicationAuthorizations.FirstOrDefault(each => each.InnerWrap == innerWrap) ?? throw NotFor(name, approval);
            WithKeyOf(approval, key =>
            {
                try
                {
                    return device.Execute(new PolicySigned
                    {
                        AuthObject = key.Handle,
                        PolicySession = session.Handle,
                        CpHashA = authorization.CpHash,
                        PolicyRef = authorization.PolicyRef,
                        Auth = authorization.Signature,
                    });
                }
                catch (TpmException e) when (e.Code == TpmRc.Signature || e.Code == TpmRc.Scheme)
                {
                    throw Altered(name, approval, e);
                }
                catch (TpmException e) when (e.Code == TpmRc.CpHash || e.Code == TpmRc.Size)
                {
                    throw Refused(name, approvals, e);
                }
            });
        }
        device.Execute(new PolicyCommandCode { PolicySession = session.Handle, CommandCode = TpmCc.Duplicate });
    }

    private TpmtTicket TicketFor(string name, SelectionApproval approval, PolicyAuthorization authorization)
    {
        if (_tickets.TryGetValue(authorization, out TpmtTicket? known)) return known;
        TpmtTicket ticket = WithKeyOf(approval, key =>
        {
            try
            {
                return _loader.Device.Execute(new VerifySignature { KeyHandle = key.Handle, Digest = authorization.SignedDigest, Signature = authorization.Signature });
            }
            catch (TpmException e) when (e.Code == TpmRc.Signature || e.Code == TpmRc.Scheme)
            {
                throw Altered(name, approval, e);
            }
        });
        _tickets.Add(authorization, ticket);
        return ticket;
    }

    private T WithKeyOf<T>(SelectionApproval approval, Func<TpmObject, T> use)
    {
        // Tickets are of a hierarchy; the null hierarchy's are good for nothing.
        TpmObject key = _loader.Execute(new LoadExternal { InPublic = approval.Authority.PublicArea, Hierarchy = TpmHandle.Owner });
        try
        {
            return use(key);
        }
        finally
        {
            _loader.Device.Flush(key.Handle);
        }
    }

    private static ApprovalException NotFor(string name, SelectionApproval approval) => new(
        ApprovalFault.ForAnotherKey,
        $"The approval of '{approval.Authority.Description}' holds nothing with which the key '{name}' could be let go: {(approval.Key == null ? "the key asks for several authorities, each of which must approve this very key by its name" : "it was made for another kind of key")}. Have it approved anew with Approve-TpmMigration -Certificate.");

    private static ApprovalException Altered(string name, SelectionApproval approval, TpmException refusal) => new(
        ApprovalFault.Altered,
        $"The TPM refused the approval of '{approval.Authority.Description}' for the key '{name}': what it holds was not signed by the authority. Ask the authority for a new one. ({refusal.Message})",
        refusal);

    private sealed class ByReference : IEqualityComparer<PolicyAuthorization>
    {
        internal static ByReference Instance { get; } = new();

        public bool Equals(PolicyAuthorization? x, PolicyAuthorization? y) => ReferenceEquals(x, y);

        public int GetHashCode(PolicyAuthorization obj) => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj);
    }
}
