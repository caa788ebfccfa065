using System.Collections.Generic;

namespace TpmMigration.Approvals;

/// <summary>What one piece of evidence is worth.</summary>
public enum EvidenceVerdict
{
    /// <summary>The document has none.</summary>
    Absent,

    /// <summary>It cannot be read; that happens with certificates in the field.</summary>
    Unreadable,

    /// <summary>It holds together, but rests on something that is not trusted here.</summary>
    NotTrusted,

    /// <summary>It holds.</summary>
    Proven,

    /// <summary>It is not needed: other evidence shows what it would.</summary>
    NotApplicable,

    /// <summary>It says something else than the document: do not use this destination.</summary>
    Contradicted,
}

/// <summary>The verdict on a destination's evidence, to be shown to whoever approves it.</summary>
/// <param name="EndorsementCertificate">Whether a manufacturer vouches for the TPM.</param>
/// <param name="ParentCertification">Whether an attestation key of a TPM vouches for the parent.</param>
/// <param name="Findings">One sentence for each thing found.</param>
public sealed record DestinationVerdict(
    EvidenceVerdict EndorsementCertificate, EvidenceVerdict ParentCertification, IReadOnlyList<string> Findings)
{
    /// <summary>Whether the evidence leaves nothing open.</summary>
    public bool IsProven =>
        EndorsementCertificate == EvidenceVerdict.Proven && ParentCertification is EvidenceVerdict.Proven or EvidenceVerdict.NotApplicable;

    public bool IsContradicted => EndorsementCertificate == EvidenceVerdict.Contradicted || ParentCertification == EvidenceVerdict.Contradicted;
}
