using System;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Recovery;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>A recovery agent's release of a package, with the verdict on the destination's evidence, as plain data with its document.</summary>
public sealed class TpmRecoveryRelease
{
    public Guid PackageId { get; set; }

    /// <summary>The subject of the agent's certificate.</summary>
    public string Agent { get; set; } = string.Empty;

    /// <summary>SHA-256 of that certificate in hexadecimal.</summary>
    public string AgentFingerprint { get; set; } = string.Empty;

    public string DestinationHost { get; set; } = string.Empty;

    /// <summary>The TPM name of the parent whose TPM opens the release, in hexadecimal.</summary>
    public string DestinationName { get; set; } = string.Empty;

    public string Reason { get; set; } = string.Empty;

    /// <summary>UTC.</summary>
    public DateTime Created { get; set; }

    public EvidenceVerdict EndorsementCertificate { get; set; }

    public EvidenceVerdict ParentCertification { get; set; }

    /// <summary>What was found in the destination's evidence.</summary>
    public string[] Findings { get; set; } = [];

    /// <summary>The file it was written to, or empty.</summary>
    public string Path { get; set; } = string.Empty;

    /// <summary>The XML document. It holds the recovery key so that only the destination's TPM opens it.</summary>
    public string Document { get; set; } = string.Empty;

    internal static TpmRecoveryRelease From(RecoveryRelease release, DestinationVerdict verdict, string document, string path) => new()
    {
        PackageId = release.PackageId,
        Agent = release.Signer,
        AgentFingerprint = Hex.Format(release.SignerFingerprint),
        DestinationHost = release.DestinationHost,
        DestinationName = Hex.Format(release.DestinationName),
        Reason = release.Reason,
        Created = release.Created,
        EndorsementCertificate = verdict.EndorsementCertificate,
        ParentCertification = verdict.ParentCertification,
        Findings = verdict.Findings.ToArray(),
        Path = path,
        Document = document,
    };
}
