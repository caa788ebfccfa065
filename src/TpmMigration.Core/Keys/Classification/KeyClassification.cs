using System.Collections.Generic;
using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>The kind of a key and the reason for it.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Reason">One sentence that names the attribute or policy that decides.</param>
/// <param name="SelectionAuthorities">For a CMK, the TPM names of its MSAs' keys; otherwise empty.</param>
public sealed record KeyClassification(KeyKind Kind, string Reason, IReadOnlyList<byte[]> SelectionAuthorities)
{
    /// <summary>Classifies a key.</summary>
    /// <param name="key">Its public area.</param>
    /// <param name="recordedBranches">The policy branches recorded with the key; empty if nothing is recorded.</param>
    /// <param name="knownAuthorities">TPM names of MSA keys that are known here, to recognise a CMK whose policy is not recorded.</param>
    public static KeyClassification Of(
        TpmtPublic key, IReadOnlyList<IReadOnlyList<PolicyStep>> recordedBranches, IReadOnlyList<byte[]>? knownAuthorities = null)
    {
        if (key.Has(TpmaObject.FixedTpm))
            return Plain(KeyKind.NonMigratable, "fixedTPM is set: the TPM never lets the key go.");
        if (key.Has(TpmaObject.FixedParent))
            return Plain(KeyKind.MovesWithParent, "fixedParent is set and fixedTPM is not: the key goes where its parent goes, and not alone.");
        if (key.AuthPolicy.Length == 0)
            return Plain(KeyKind.NotDuplicable, "The key has no policy, and duplication is authorized by policy only.");
        if (MatchesMigratable(key))
            return Plain(KeyKind.Migratable, "The policy asks for the key's password and the TPM Owner.");

        IReadOnlyList<byte[]> authorities = SelectionAuthoritiesOf(key, recordedBranches);
        if (authorities.Count == 0 && knownAuthorities != null)
            authorities = knownAuthorities.Where(name => Matches(key, [KeyPolicies.SelectionAuthorityBranch(name)])).Take(1).ToList();
        return authorities.Count == 0
            ? Plain(KeyKind.UnknownPolicy, "Migratable in principle: the key has a policy that is neither recorded here nor one this module makes.")
            : new KeyClassification(KeyKind.CertifiableMigratable, "The policy asks for the approval of a Migration Selection Authority.", authorities);
    }

    private static KeyClassification Plain(KeyKind kind, string reason) => new(kind, reason, []);

    private static bool MatchesMigratable(TpmtPublic key) =>
        TpmHash.IsSupported(key.NameAlg) && SecretBytes.FixedTimeEquals(KeyPolicies.MigratableDigest(key.NameAlg), key.AuthPolicy);

    private static bool Matches(TpmtPublic key, IReadOnlyList<IReadOnlyList<PolicyStep>> branches) =>
        TpmHash.IsSupported(key.NameAlg) && SecretBytes.FixedTimeEquals(PolicyBranches.Digest(key.NameAlg, branches), key.AuthPolicy);

    private static IReadOnlyList<byte[]> SelectionAuthoritiesOf(TpmtPublic key, IReadOnlyList<IReadOnlyList<PolicyStep>> branches)
    {
        bool eachIsOneAuthority = branches.Count > 0 && branches.All(b => b.Count == 1 && b[0].CommandCode == (uint)TpmCc.PolicyAuthorize);
        return eachIsOneAuthority && Matches(key, branches)
            ? branches.Select(b => KeyPolicies.SelectionAuthorityOf(b[0])).ToList()
            : [];
    }
}
