using System.Collections.Generic;
using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>The kind of a key and the reason for it.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Reason">One sentence that names the attribute or policy that decides.</param>
/// <param name="Selection">For a CMK, which MSAs let it go; otherwise null.</param>
/// <param name="Use">What its use takes besides a password; null for most keys.</param>
public sealed record KeyClassification(KeyKind Kind, string Reason, SelectionPolicy? Selection = null, UsePolicy? Use = null)
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
        if (UsePolicy.Of(key, recordedBranches) is { } use)
            return OfMigration(key, recordedBranches.Skip(1).ToList()) with { Use = use };
        if (key.Has(TpmaObject.FixedParent))
            return Plain(KeyKind.MovesWithParent, "fixedParent is set and fixedTPM is not: the key goes where its parent goes, and not alone.");
        if (key.AuthPolicy.Length == 0)
            return Plain(KeyKind.NotDuplicable, "The key has no policy, and duplication is authorized by policy only.");
        if (MatchesMigratable(key))
            return Migratable;
        return SelectionOf(key, recordedBranches, knownAuthorities ?? []) is { } selection ? Certifiable(selection) : Unknown;
    }

    /// <summary>Of a key with a use policy, whose record is known to be right: what the other branches say.</summary>
    private static KeyClassification OfMigration(TpmtPublic key, IReadOnlyList<IReadOnlyList<PolicyStep>> branches)
    {
        if (key.Has(TpmaObject.FixedParent)) return Of(key, []);
        if (branches.Count == 0) return Plain(KeyKind.NotDuplicable, "The key has a policy for its use and none for duplication.");
        if (branches.Count == 1 && branches[0].SequenceEqual(KeyPolicies.MigratableBranch)) return Migratable;
        return SelectionPolicy.TryRead(branches) is { } selection ? Certifiable(selection) : Unknown;
    }

    private static KeyClassification Migratable { get; } = Plain(KeyKind.Migratable, "The policy asks for the key's password and the TPM Owner.");

    private static KeyClassification Unknown { get; } =
        Plain(KeyKind.UnknownPolicy, "Migratable in principle: the key has a policy that is neither recorded here nor one this module makes.");

    private static KeyClassification Certifiable(SelectionPolicy selection) => new(KeyKind.CertifiableMigratable, ReasonOf(selection), selection);

    private static KeyClassification Plain(KeyKind kind, string reason) => new(kind, reason);

    private static string ReasonOf(SelectionPolicy selection) => selection.Authorities.Count == 1
        ? "The policy asks for the approval of a Migration Selection Authority."
        : $"The policy asks for the approval of {selection.Quorum} of {selection.Authorities.Count} Migration Selection Authorities.";

    private static bool MatchesMigratable(TpmtPublic key) =>
        TpmHash.IsSupported(key.NameAlg) && SecretBytes.FixedTimeEquals(KeyPolicies.MigratableDigest(key.NameAlg), key.AuthPolicy);

    private static bool Matches(TpmtPublic key, IReadOnlyList<IReadOnlyList<PolicyStep>> branches) =>
        TpmHash.IsSupported(key.NameAlg) && SecretBytes.FixedTimeEquals(PolicyBranches.Digest(key.NameAlg, branches), key.AuthPolicy);

    private static SelectionPolicy? SelectionOf(TpmtPublic key, IReadOnlyList<IReadOnlyList<PolicyStep>> branches, IReadOnlyList<byte[]> known) =>
        SelectionPolicy.TryRead(branches) is { } recorded && Matches(key, branches)
            ? recorded
            : known.Select(name => new SelectionPolicy([name])).FirstOrDefault(policy => Matches(key, policy.Branches));
}
