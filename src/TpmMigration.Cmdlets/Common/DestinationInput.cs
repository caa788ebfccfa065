using System.Linq;
using System.Management.Automation;
using TpmMigration.Approvals;

namespace TpmMigration.Cmdlets;

/// <summary>A destination as users give it, with the verdict on its evidence.</summary>
internal sealed record DestinationInput(MigrationDestination Destination, DestinationVerdict Verdict)
{
    /// <summary>Reads and examines; what is merely missing or unproven is told in a warning, and is for the user to judge.</summary>
    /// <param name="cmdlet">Resolves paths, and warns.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="trustedRoots">Certificate files of TPM manufacturers.</param>
    /// <param name="use">What the destination is not to be if its evidence contradicts it: approved, say.</param>
    /// <exception cref="DestinationException">It is no destination document, or its evidence contradicts it.</exception>
    internal static DestinationInput Read(PSCmdlet cmdlet, object destination, string[]? trustedRoots, string use)
    {
        MigrationDestination read = DestinationDocument.Read(DocumentInput.From(cmdlet, destination).Text());
        DestinationVerdict verdict = DestinationExaminer.Examine(read, CertificateFiles.Read(cmdlet, trustedRoots ?? []).ToList());
        if (verdict.IsContradicted)
            throw new DestinationException(DestinationFault.EvidenceContradicted, $"The destination '{read.HostName}' cannot be {use}, since its evidence contradicts it. {string.Join(" ", verdict.Findings)}");
        if (verdict.EndorsementCertificate != EvidenceVerdict.Proven || verdict.ParentCertification != EvidenceVerdict.Proven)
            cmdlet.WriteWarning($"Destination '{read.HostName}': {string.Join(" ", verdict.Findings)}");
        return new DestinationInput(read, verdict);
    }
}
