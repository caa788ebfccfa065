using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;

namespace TpmMigration.Attestation;

/// <summary>What is asked of a certification, in this order.</summary>
public enum CertificationCheck
{
    /// <summary>The statements are a TPM's, and signed by the attestation key of the document.</summary>
    Signature,

    /// <summary>That key is one with which a TPM signs its own statements only, bound to the TPM, and not the certified key.</summary>
    AttestationKey,

    /// <summary>It is one that is known to be a TPM's.</summary>
    KnownAttestationKey,

    /// <summary>The certified key is the one of the document.</summary>
    Name,

    /// <summary>The statements were made for whoever asked.</summary>
    Nonce,

    /// <summary>What may become of the key.</summary>
    Attributes,

    /// <summary>Its policy is the one of the named Migration Selection Authorities, and no other.</summary>
    Policy,

    /// <summary>It cannot leave with its parent instead.</summary>
    Parent,

    /// <summary>The TPM made it.</summary>
    Creation,

    /// <summary>A manufacturer vouches for a TPM.</summary>
    Endorsement,
}

/// <summary>How a check ended.</summary>
public enum CertificationAnswer
{
    Passed,
    Failed,

    /// <summary>It was asked for, or matters always, and the document does not show it.</summary>
    NotProven,

    /// <summary>Nobody asked; the reason says what the document has to say of it.</summary>
    NotAsked,
}

/// <summary>What a certification is worth.</summary>
public enum CertificationVerdict
{
    /// <summary>All that was asked was shown, and the attestation key is known.</summary>
    Confirmed,

    /// <summary>Nothing speaks against it, and something is not shown: rely on it as on somebody's word.</summary>
    NotProven,

    /// <summary>Something in it is wrong, or not as asked.</summary>
    Refused,
}

/// <summary>The end of one check.</summary>
/// <param name="Check">What was asked.</param>
/// <param name="Answer">The answer.</param>
/// <param name="Reason">A sentence or two that say why.</param>
public sealed record CertificationFinding(CertificationCheck Check, CertificationAnswer Answer, string Reason);

/// <summary>What an examination found.</summary>
/// <param name="Key">The document.</param>
/// <param name="Classification">What kind of key it is; null where its name does not hold.</param>
/// <param name="Findings">One for each check, in their order.</param>
public sealed record CertificationReport(CertifiedKey Key, KeyClassification? Classification, IReadOnlyList<CertificationFinding> Findings)
{
    public CertificationVerdict Verdict =>
        Findings.Any(f => f.Answer == CertificationAnswer.Failed) ? CertificationVerdict.Refused
        : Findings.Any(f => f.Answer == CertificationAnswer.NotProven) ? CertificationVerdict.NotProven
        : CertificationVerdict.Confirmed;

    /// <summary>Whether it is shown that the attestation key's TPM made the key.</summary>
    public bool IsMadeThere => Verdict != CertificationVerdict.Refused && Findings.Any(f => f is { Check: CertificationCheck.Creation, Answer: CertificationAnswer.Passed });
}
