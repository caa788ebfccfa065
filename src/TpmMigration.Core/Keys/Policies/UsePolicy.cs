using System.Collections.Generic;
using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// What the use of a key takes besides loading it: that PCRs have certain values, and its password where it has one. It is the first branch of
/// the key's policy, before those for migration, and userWithAuth is clear, so that there is no other way. The branch names no command,
/// and duplication asks for one that does: the TPM takes this branch for no duplication, and those for migration for nothing else.
/// </summary>
public sealed class UsePolicy
{
    private UsePolicy(PcrStep pcrs, bool asksForPassword) => (Pcrs, AsksForPassword) = (pcrs, asksForPassword);

    /// <summary>The PCRs and the digest of their values.</summary>
    public PcrStep Pcrs { get; }

    /// <summary>Whether the key's password must be proven too.</summary>
    public bool AsksForPassword { get; }

    /// <summary>The branch for values of PCRs.</summary>
    /// <param name="hash">The key's name algorithm.</param>
    /// <param name="expected">The values, in the order of a selection.</param>
    /// <param name="asksForPassword">Whether the key has a password.</param>
    public static IReadOnlyList<PolicyStep> Branch(TpmAlgId hash, IReadOnlyList<PcrValue> expected, bool asksForPassword)
    {
        PolicyStep pcrs = PcrStep.Of(hash, expected).ToStep();
        return asksForPassword ? [pcrs, new PolicyStep((uint)TpmCc.PolicyAuthValue, [])] : [pcrs];
    }

    /// <summary>The use policy of a key.</summary>
    /// <param name="key">Its public area.</param>
    /// <param name="branches">The branches that are recorded with it, those for migration among them.</param>
    /// <returns>Null if it has none, or if the branches are not those of its public area.</returns>
    public static UsePolicy? Of(TpmtPublic key, IReadOnlyList<IReadOnlyList<PolicyStep>> branches)
    {
        if (branches.Count == 0 || key.Has(TpmaObject.UserWithAuth) || !MakesUse(branches[0]) || !TpmHash.IsSupported(key.NameAlg)) return null;
        try
        {
            return SecretBytes.FixedTimeEquals(PolicyBranches.Digest(key.NameAlg, branches), key.AuthPolicy)
                ? new UsePolicy(PcrStep.Read(key.NameAlg, branches[0][0]), branches[0].Count == 2)
                : null;
        }
        catch (TpmWireException)
        {
            return null; // Steps that no policy of this module has.
        }
    }

    /// <summary>Whether a branch is one for use, as this module makes it.</summary>
    internal static bool MakesUse(IReadOnlyList<PolicyStep> branch) =>
        branch.Count is 1 or 2 && Is(branch[0], TpmCc.PolicyPcr) && (branch.Count == 1 || Is(branch[1], TpmCc.PolicyAuthValue));

    /// <summary>Whether no TPM duplicates a key under a branch: it names no command, nor lets anybody name one.</summary>
    internal static bool CannotDuplicate(IReadOnlyList<PolicyStep> branch) => branch.All(step => Is(step, TpmCc.PolicyPcr) || Is(step, TpmCc.PolicyAuthValue));

    /// <summary>In words: PCRs and password.</summary>
    public override string ToString() => $"PCRs {string.Join("+", Pcrs.Pcrs)} as recorded{(AsksForPassword ? ", and the key's password" : string.Empty)}";

    private static bool Is(PolicyStep step, TpmCc command) => (TpmCc)step.CommandCode == command;
}
