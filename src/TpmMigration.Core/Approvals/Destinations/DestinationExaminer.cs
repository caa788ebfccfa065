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
        if (destination.Authority is { } authority)
        {
            findings.Add($"It is the storage key of a Migration Authority, which '{authority.Description}' signed: whoever has that key can open what goes there. Whether to trust it is for the trust register.");
            return new DestinationVerdict(EvidenceVerdict.NotApplicable, EvidenceVerdict.NotApplicable, findings);
        }
        if (!destination.Parent.Has(BoundToItsTpm))
            findings.Add("The new parent is itself not bound to one TPM: who migrates it takes the keys along.");
        bool isParent = destination.Kind == DestinationKind.EndorsementKey;
        EvidenceVerdict endorsement = EndorsementEvidence.Examine(
            isParent ? destination.Parent : destination.EndorsementKey, destination.EndorsementCertificates, trustedRoots, findings, isParent);
        EvidenceVerdict certification = ExamineCertification(destination, findings);
        return new DestinationVerdict(endorsement, certification, findings);
    }

    /// <summary>
    /// Examines a destination for whoever is about to let a key go there. Of a storage key's evidence, what is missing is for them to weigh. A
    /// destination that is nothing but an endorsement key is whatever its certificate proves: without that, somebody may have made the
    /// key in software, and would read all that is sent there.
    /// </summary>
    /// <param name="destination">The document.</param>
    /// <param name="trustedRoots">As for <see cref="Examine"/>.</param>
    /// <param name="acceptUnproven">Whether an endorsement key is taken without proof.</param>
    /// <exception cref="DestinationException">The evidence contradicts the document, or does not prove an endorsement key.</exception>
    public static DestinationVerdict RequireApprovable(MigrationDestination destination, IReadOnlyList<byte[]> trustedRoots, bool acceptUnproven)
    {
        DestinationVerdict verdict = Examine(destination, trustedRoots);
        if (verdict.IsContradicted)
            throw new DestinationException(DestinationFault.EvidenceContradicted, $"The destination '{destination.HostName}' cannot be approved, since its evidence contradicts it. {string.Join(" ", verdict.Findings)}");
        if (destination.Kind == DestinationKind.EndorsementKey && verdict.EndorsementCertificate != EvidenceVerdict.Proven && !acceptUnproven)
            throw new DestinationException(DestinationFault.Unproven, $"The destination '{destination.HostName}' is an endorsement key of which nothing proves that it is in a TPM. {string.Join(" ", verdict.Findings)}");
        return verdict;
    }

    private static EvidenceVerdict ExamineCertification(MigrationDestination destination, List<string> findings)
    {
        if (destination.Certification is not { } certification)
        {
            // The endorsement certificate is for the parent itself.
            if (destination.Kind == DestinationKind.EndorsementKey) return EvidenceVerdict.NotApplicable;
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
