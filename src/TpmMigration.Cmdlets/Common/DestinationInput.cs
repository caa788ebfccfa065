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
    /// <param name="acceptUnproven">Whether an endorsement key is taken without proof.</param>
    /// <exception cref="DestinationException">It is no destination document, its evidence contradicts it, or it is an endorsement key without proof.</exception>
    internal static DestinationInput Read(PSCmdlet cmdlet, object destination, string[]? trustedRoots, bool acceptUnproven)
    {
        MigrationDestination read = DestinationDocument.Read(DocumentInput.From(cmdlet, destination).Text());
        DestinationVerdict verdict = DestinationExaminer.RequireApprovable(read, CertificateFiles.Read(cmdlet, trustedRoots ?? []).ToList(), acceptUnproven);
        if (!verdict.IsProven)
            cmdlet.WriteWarning($"Destination '{read.HostName}': {string.Join(" ", verdict.Findings)}");
        return new DestinationInput(read, verdict);
    }
}
