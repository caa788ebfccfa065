using System;
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
        if (read.Authority != null) WarnOfAuthority(cmdlet, read);
        else if (!verdict.IsProven) cmdlet.WriteWarning($"Destination '{read.HostName}': {string.Join(" ", verdict.Findings)}");
        return new DestinationInput(read, verdict);
    }

    /// <summary>Of a Migration Authority's key the trust register says what it is worth.</summary>
    internal static void WarnOfAuthority(PSCmdlet cmdlet, MigrationDestination destination)
    {
        TrustVerdict trust = TrustRegisterInput.Open(cmdlet, null).Judge(destination.Authority!, TrustRole.MigrationAuthority, DateTime.UtcNow, null);
        if (!trust.IsTrusted) cmdlet.WriteWarning($"Destination '{destination.HostName}' calls itself a Migration Authority. {trust.Reason}");
    }
}
