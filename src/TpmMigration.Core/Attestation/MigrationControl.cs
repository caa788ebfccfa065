using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Attestation;

/// <summary>
/// Who can let a certified key go: by its own attributes and policy, and by those of the keys above it, since whoever takes a parent
/// elsewhere takes all that is below it along, whatever the policy of a child says.
/// </summary>
internal sealed class MigrationControl
{
    private readonly CertifiedKey _key;
    private readonly byte[] _qualifiedName;
    private readonly SelectionPolicy? _asked;

    /// <param name="key">The document; its key is the certified one.</param>
    /// <param name="qualifiedName">The key's qualified name, as certified.</param>
    /// <param name="asked">The authorities that shall decide; null if that is not asked.</param>
    internal MigrationControl(CertifiedKey key, byte[] qualifiedName, SelectionPolicy? asked)
    {
        _key = key;
        _qualifiedName = qualifiedName;
        _asked = asked;
        Classification = Classify(key, asked);
    }

    internal KeyClassification Classification { get; }

    private TpmtPublic PublicArea => _key.PublicArea;

    internal IEnumerable<CertificationFinding> Examine()
    {
        yield return Attributes();
        yield return Policy();
        yield return Parent();
    }

    private static KeyClassification Classify(CertifiedKey key, SelectionPolicy? asked)
    {
        // What is asked for is tried too, for a document that does not tell the policy.
        KeyClassification told = Try(key.PublicArea, key.Policy);
        return told.Kind == KeyKind.UnknownPolicy && asked != null && Is(key.PublicArea, asked) ? KeyClassification.Of(key.PublicArea, asked.Branches) : told;
    }

    private static KeyClassification Try(TpmtPublic publicArea, IReadOnlyList<IReadOnlyList<PolicyStep>> policy)
    {
        try
        {
            return KeyClassification.Of(publicArea, policy);
        }
        catch (TpmWireException)
        {
            return KeyClassification.Of(publicArea, []); // Steps that no policy of a migratable key has.
        }
    }

    private static bool Is(TpmtPublic key, SelectionPolicy policy) =>
        SecretBytes.FixedTimeEquals(key.AuthPolicy, PolicyBranches.Digest(key.NameAlg, policy.Branches));

    private CertificationFinding Attributes()
    {
        bool canNeverLeave = _asked != null && Classification.Kind == KeyKind.NonMigratable;
        return canNeverLeave
            ? new(CertificationCheck.Attributes, CertificationAnswer.Failed, "The key is no CMK: " + Classification.Reason)
            : new(CertificationCheck.Attributes, CertificationAnswer.Passed, $"{Classification.Kind}: {Classification.Reason}");
    }

    private CertificationFinding Policy()
    {
        if (_key.Policy.Count != 0 && !FitsTold()) return Of(CertificationAnswer.Failed, "The policy that the document tells is not the one of the key: it was altered.");
        if (_asked == null)
        {
            return Of(CertificationAnswer.NotAsked, Classification.Selection is { } named
                ? $"No Migration Selection Authority was named. The policy asks for {named.Quorum} of these: {string.Join(", ", named.Authorities.Select(Hex.Format))}."
                : "No Migration Selection Authority was named, and the key's policy asks for none.");
        }
        if (Classification.Kind == KeyKind.MovesWithParent) return Of(CertificationAnswer.Passed, "The key cannot leave by itself (fixedParent); its parent decides.");
        if (Is(PublicArea, _asked) || IsBesideUse(_asked))
            return Of(CertificationAnswer.Passed, $"The policy asks for {_asked.Quorum} of the {_asked.Authorities.Count} named Migration Selection Authorities, and lets nobody else.{(Classification.Use is { } use ? $" For its use, which is no duplication, it asks for {use}." : string.Empty)}");
        return Of(CertificationAnswer.Failed, Classification.Selection is { } other
            ? $"The policy is one of other authorities, or of another number of them: {other.Quorum} of {string.Join(", ", other.Authorities.Select(Hex.Format))}."
            : "The policy is not the one of the named authorities: " + Classification.Reason);

        static CertificationFinding Of(CertificationAnswer answer, string reason) => new(CertificationCheck.Policy, answer, reason);
    }

    /// <summary>Whether the told policy is that of the authorities, and beside it only branches under which no TPM duplicates a key.</summary>
    private bool IsBesideUse(SelectionPolicy asked)
    {
        if (_key.Policy.Count == 0 || !FitsTold()) return false;
        List<IReadOnlyList<PolicyStep>> letGo = _key.Policy.Where(branch => !UsePolicy.CannotDuplicate(branch)).ToList();
        IReadOnlyList<IReadOnlyList<PolicyStep>> wanted = asked.Branches;
        return letGo.Count == wanted.Count && letGo.Zip(wanted, Enumerable.SequenceEqual).All(same => same);
    }

    private bool FitsTold()
    {
        try
        {
            return SecretBytes.FixedTimeEquals(PublicArea.AuthPolicy, PolicyBranches.Digest(PublicArea.NameAlg, _key.Policy));
        }
        catch (TpmWireException)
        {
            return false;
        }
    }

    private CertificationFinding Parent()
    {
        if (PublicArea.Has(TpmaObject.FixedTpm)) return Of(CertificationAnswer.Passed, "The key is bound to its TPM, and so are those above it.");
        if (_key.Ancestors is not { } ancestors)
            return Of(_asked == null ? CertificationAnswer.NotAsked : CertificationAnswer.NotProven, "The document does not tell the keys above: one that can migrate would take the key along.");
        if (!QualifiedNames.Fit(PublicArea, ancestors, _qualifiedName))
            return Of(CertificationAnswer.Failed, "The keys above are not those that the document tells: the TPM states another qualified name.");
        List<TpmtPublic> loose = ancestors.TakeWhile(a => !a.Has(TpmaObject.FixedTpm)).ToList();
        if (loose.Count == 0) return Of(CertificationAnswer.Passed, "The parent is bound to the TPM: the key leaves by its own policy or not at all.");
        if (_asked == null) return Of(CertificationAnswer.Passed, "The parent can migrate, and takes the key along.");
        return loose.Find(a => !a.Has(TpmaObject.FixedParent) && !Is(a, _asked)) is { } free
            ? Of(CertificationAnswer.Failed, $"A key above, {Hex.Format(free.Name)}, can migrate without the named authorities, and takes the key along.")
            : Of(CertificationAnswer.Passed, "The keys above that can migrate have the policy of the named authorities too.");

        static CertificationFinding Of(CertificationAnswer answer, string reason) => new(CertificationCheck.Parent, answer, reason);
    }
}
