using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>Chooses among the decisions at hand those of a CMK's authorities that are most likely to be honoured. The TPM judges them.</summary>
internal sealed class SelectionChoice
{
    private readonly SelectionDecisions _decisions;
    private readonly byte[] _destination;
    private readonly string _host;
    private readonly HashSet<Guid> _used;
    private readonly DateTime _utc;

    /// <param name="decisions">Approvals and denials, for these and perhaps for other keys.</param>
    /// <param name="destination">Where keys are to go.</param>
    /// <param name="used">The approvals for one package that were used.</param>
    /// <param name="utc">The time at which they must be valid.</param>
    internal SelectionChoice(IEnumerable<SelectionApproval> decisions, MigrationDestination destination, IEnumerable<Guid> used, DateTime utc)
    {
        _decisions = new SelectionDecisions(decisions);
        _destination = destination.Parent.Name;
        _host = destination.HostName;
        _used = [.. used];
        _utc = utc;
    }

    /// <summary>As many approvals as the key asks for, each of another authority.</summary>
    /// <param name="name">What the key is called.</param>
    /// <param name="key">Its public area.</param>
    /// <param name="branches">Its recorded policy.</param>
    /// <param name="policy">The part of it that names the authorities.</param>
    /// <exception cref="ApprovalException">There are too few that could be tried.</exception>
    internal SelectionPermission Choose(string name, TpmtPublic key, IReadOnlyList<IReadOnlyList<PolicyStep>> branches, SelectionPolicy policy)
    {
        List<SelectionApproval> best = [];
        ApprovalException? objection = null;
        foreach (byte[] authority in policy.Authorities)
        {
            try
            {
                if (Best(name, key, authority) is { } approval) best.Add(approval);
            }
            catch (ApprovalException e)
            {
                objection ??= e;
            }
        }
        if (best.Count < policy.Quorum) throw objection ?? TooFew(name, policy, best);
        // Those for the right destination first, then in the order of the policy, which is that of its branches.
        HashSet<SelectionApproval> chosen = [.. best.OrderByDescending(IsForDestination).Take(policy.Quorum)];
        List<SelectionApproval> inOrder = best.Where(chosen.Contains).ToList();
        return new SelectionPermission(inOrder, PolicyBranches.OrPath(key.NameAlg, branches, BranchOf(branches, inOrder)), policy.Quorum);
    }

    /// <summary>Whether an approval is for this destination, going by what is written in it.</summary>
    internal bool IsForDestination(SelectionApproval approval) => SecretBytes.FixedTimeEquals(approval.DestinationName, _destination);

    /// <summary>The best approval of one authority for a key; null if it gave none.</summary>
    private SelectionApproval? Best(string name, TpmtPublic key, byte[] authority)
    {
        IReadOnlyList<SelectionApproval> its = _decisions.Of(authority, key.Name);
        SelectionApproval? best = its.Where(each => each.Decision == SelectionDecision.Approved)
            .OrderByDescending(IsForDestination).ThenByDescending(each => Objection(name, each) == null).ThenByDescending(each => each.ValidUntil).FirstOrDefault();
        if (its.FirstOrDefault(each => each.Decision == SelectionDecision.Denied && IsForDestination(each) && (best == null || each.Created >= best.Created)) is { } denial)
            throw new ApprovalException(ApprovalFault.Denied, $"'{denial.Authority.Description}' forbids that the key '{name}' goes to '{_host}': {denial.Reason}");
        if (best == null) return null;
        return Objection(name, best) is { } objection ? throw objection : best;
    }

    private ApprovalException? Objection(string name, SelectionApproval approval)
    {
        if (approval.ValidUntil <= _utc)
            return new ApprovalException(ApprovalFault.Expired, FormattableString.Invariant($"The approval of '{approval.Authority.Description}' for the key '{name}' ended at {approval.ValidUntil:u}. Ask the authority for a new one."));
        if (approval.NotBefore > _utc)
            return new ApprovalException(ApprovalFault.NotYetValid, FormattableString.Invariant($"The approval of '{approval.Authority.Description}' for the key '{name}' begins at {approval.NotBefore:u}. Export the key then."));
        return approval.SingleUse && _used.Contains(approval.Id)
            ? new ApprovalException(ApprovalFault.Used, $"The approval of '{approval.Authority.Description}' is good for one package, and one was made with it already. Ask the authority for a new one.")
            : null;
    }

    private ApprovalException TooFew(string name, SelectionPolicy policy, List<SelectionApproval> approved)
    {
        string asked = policy.Authorities.Count == 1
            ? $"its Migration Selection Authority, with the key {Hex.Format(policy.Authorities[0])}"
            : $"{policy.Quorum} of its Migration Selection Authorities, with the keys {string.Join(", ", policy.Authorities.Select(Hex.Format))}";
        string advice = "Have it approved with Approve-TpmMigration -Certificate on the authority's machine.";
        if (approved.Count != 0)
            return new ApprovalException(ApprovalFault.TooFew, $"That the key '{name}' goes to '{_host}' must be approved by {asked}; only {string.Join(", ", approved.Select(each => $"'{each.Authority.Description}'"))} did. {advice}");
        return !_decisions.All.Any()
            ? new ApprovalException(ApprovalFault.Missing, $"That the key '{name}' goes to '{_host}' must be approved by {asked}. {advice}")
            : new ApprovalException(ApprovalFault.ForAnotherKey, $"No approval given is for the key '{name}' and by {asked}; they are by {string.Join(", ", _decisions.All.Select(each => $"'{each.Authority.Description}'").Distinct().Take(5))}. {advice}");
    }

    private static int BranchOf(IReadOnlyList<IReadOnlyList<PolicyStep>> branches, List<SelectionApproval> chosen)
    {
        List<byte[]> names = chosen.ConvertAll(each => each.Authority.TpmName);
        for (int i = 0; i < branches.Count; i++)
        {
            IReadOnlyList<byte[]> its = SelectionPolicy.AuthoritiesOf(branches[i]);
            if (its.Count == names.Count && its.Zip(names, SecretBytes.FixedTimeEquals).All(same => same)) return i;
        }
        throw new InvalidOperationException("Each choice of authorities has a branch.");
    }
}
