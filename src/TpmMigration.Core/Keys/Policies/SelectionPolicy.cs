using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// The policy by which a CMK leaves its TPM: any M of N Migration Selection Authorities must have approved.
/// <list type="bullet">
/// <item>One of N: a branch for each authority, PolicyAuthorize by its key. What it may approve is said in the approval.</item>
/// <item>M of N: a branch for each combination of M, with PolicyAuthValue, a PolicySigned by each of the M over the very TPM2_Duplicate, and
/// PolicyCommandCode(TPM2_Duplicate). PolicyAuthorize cannot stand twice in a branch, as it replaces what came before it.</item>
/// </list>
/// Names are in ascending order, so that the same authorities always make the same policy.
/// </summary>
public sealed class SelectionPolicy
{
    /// <summary>Eight authorities make at most 70 combinations (4 of 8): three levels of PolicyOR, and a record that stays small.</summary>
    public const int MostAuthorities = 8;

    /// <param name="authorities">The TPM names of the authorities' keys (<see cref="SelectionAuthority.TpmName"/>); 1 to 8, in any order.</param>
    /// <param name="quorum">How many of them must approve.</param>
    /// <exception cref="ArgumentException">There are too few or too many, one is named twice, or the quorum is not among 1 to their number.</exception>
    public SelectionPolicy(IEnumerable<byte[]> authorities, int quorum = 1)
    {
        Authorities = authorities.OrderBy(Hex.Format, StringComparer.Ordinal).ToList();
        Quorum = quorum;
        if (Authorities.Count is 0 or > MostAuthorities)
            throw new ArgumentException($"A CMK names 1 to {MostAuthorities} Migration Selection Authorities; {Authorities.Count} are given.");
        if (Authorities.Select(Hex.Format).Distinct().Count() != Authorities.Count)
            throw new ArgumentException("Two of the Migration Selection Authorities have the same key. Name each once.");
        if (quorum < 1 || quorum > Authorities.Count)
            throw new ArgumentException($"Of {Authorities.Count} Migration Selection Authorities, 1 to {Authorities.Count} can be asked for; {quorum} cannot.");
    }

    /// <summary>What the authorities' signatures for TPMs end with, so that one made for something else is none of these (policyRef).</summary>
    public static byte[] Reference { get; } = Encoding.ASCII.GetBytes("tpm-migration");

    /// <summary>TPM names, ascending.</summary>
    public IReadOnlyList<byte[]> Authorities { get; }

    /// <summary>How many must approve.</summary>
    public int Quorum { get; }

    /// <summary>The branches, as they are recorded; see <see cref="PolicyBranches"/>.</summary>
    public IReadOnlyList<IReadOnlyList<PolicyStep>> Branches => Quorum == 1
        ? Authorities.Select(name => (IReadOnlyList<PolicyStep>)[Step(TpmCc.PolicyAuthorize, name)]).ToList()
        : Combinations(0, Quorum).Select(ByAll).ToList();

    /// <summary>The policy that branches are of.</summary>
    /// <returns>Null if they are not what this module makes for any authorities.</returns>
    public static SelectionPolicy? TryRead(IReadOnlyList<IReadOnlyList<PolicyStep>> branches)
    {
        List<PolicyStep> approvals = branches.SelectMany(branch => branch).Where(IsApproval).ToList();
        if (approvals.Count == 0) return null;
        List<byte[]> names;
        try
        {
            names = approvals.Select(AuthorityOf).GroupBy(Hex.Format).Select(group => group.First()).ToList();
        }
        catch (TpmWireException)
        {
            return null;
        }
        int quorum = branches[0].Count(IsApproval);
        if (names.Count > MostAuthorities || quorum > names.Count || quorum == 0) return null;
        var policy = new SelectionPolicy(names, quorum);
        IReadOnlyList<IReadOnlyList<PolicyStep>> made = policy.Branches;
        return made.Count == branches.Count && made.Zip(branches, (one, other) => one.SequenceEqual(other)).All(same => same) ? policy : null;
    }

    /// <summary>The authorities of a branch that <see cref="Branches"/> has, in its order.</summary>
    public static IReadOnlyList<byte[]> AuthoritiesOf(IReadOnlyList<PolicyStep> branch) => branch.Where(IsApproval).Select(AuthorityOf).ToList();

    private static byte[] AuthorityOf(PolicyStep step) => PolicyBranches.ReadReferenceAndName(step).Name;

    private static bool IsApproval(PolicyStep step) => (TpmCc)step.CommandCode is TpmCc.PolicyAuthorize or TpmCc.PolicySigned;

    private static IReadOnlyList<PolicyStep> ByAll(IReadOnlyList<byte[]> authorities) =>
    [
        new PolicyStep((uint)TpmCc.PolicyAuthValue, []),
        .. authorities.Select(name => Step(TpmCc.PolicySigned, name)),
        new PolicyStep((uint)TpmCc.PolicyCommandCode, ObjectName.OfHandle((uint)TpmCc.Duplicate)),
    ];

    private static PolicyStep Step(TpmCc code, byte[] authority) => new((uint)code, TpmWriter.Write(w =>
    {
        w.WriteTpm2b(Reference);
        w.WriteTpm2b(authority);
    }));

    private IEnumerable<IReadOnlyList<byte[]>> Combinations(int from, int count)
    {
        if (count == 0) return [[]];
        return Enumerable.Range(from, Math.Max(0, Authorities.Count - from - count + 1))
            .SelectMany(first => Combinations(first + 1, count - 1), (first, rest) => (IReadOnlyList<byte[]>)[Authorities[first], .. rest]);
    }
}
