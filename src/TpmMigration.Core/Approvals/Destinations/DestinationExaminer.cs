using System.Collections.Generic;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>Weighs the evidence of a destination document. No TPM is needed.</summary>
public static class DestinationExaminer
{
    private const TpmaObject BoundToItsTpm = TpmaObject.FixedTpm | TpmaObject.FixedParent | TpmaObject.SensitiveDataOrigin;

    /// <param name="destination">The document.</param>
    /// <param name="trustedRoots">Certificates in DER at which an endorsement certificate's chain may end.</param>
    public static DestinationVerdict Examine(MigrationDestination destination, IReadOnlyList<byte[]> trustedRoots)
    {
        var findings = new List<string>();
        if (!destination.Parent.Has(BoundToItsTpm))
            findings.Add("The new parent is itself not bound to one TPM: who migrates it takes the keys along.");
        EvidenceVerdict endorsement = EndorsementEvidence.Examine(destination.EndorsementKey, destination.EndorsementCertificates, trustedRoots, findings);
        EvidenceVerdict certification = ExamineCertification(destination, findings);
        return new DestinationVerdict(endorsement, certification, findings);
    }

    private static EvidenceVerdict ExamineCertification(MigrationDestination destination, List<string> findings)
    {
        if (destination.Certification is not { } certification)
        {
            findings.Add("No attestation key vouches that the new parent is in a TPM.");
            return EvidenceVerdict.Absent;
        }
        string? contradiction = certification.Contradiction(destination.Parent);
        if (contradiction != null)
        {
            findings.Add("The certification of the new parent does not hold. " + contradiction);
            return EvidenceVerdict.Contradicted;
        }
        findings.Add("An attestation key certifies that the new parent is loaded in its TPM. That this TPM is the one of the endorsement certificate can only be proven online.");
        return EvidenceVerdict.Proven;
    }
}
