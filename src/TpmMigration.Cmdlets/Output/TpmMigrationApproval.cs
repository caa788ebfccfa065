using System;
using System.Linq;
using TpmMigration.Tpm;
using TpmMigration.Approvals;

namespace TpmMigration.Cmdlets;

/// <summary>An approval with the verdict on the destination's evidence, as plain data with its document.</summary>
public sealed class TpmMigrationApproval
{
    public string KeyName { get; set; } = string.Empty;

    public string DestinationHost { get; set; } = string.Empty;

    /// <summary>The TPM name of the approved new parent in hexadecimal.</summary>
    public string DestinationName { get; set; } = string.Empty;

    public string ApprovedBy { get; set; } = string.Empty;

    public string Reason { get; set; } = string.Empty;

    /// <summary>UTC.</summary>
    public DateTime Created { get; set; }

    /// <summary>Whether the key goes with an inner wrap; without, it is another approval.</summary>
    public bool InnerWrap { get; set; }

    /// <summary>UTC; a restart of the TPM ends it earlier.</summary>
    public DateTime ValidUntil { get; set; }

    public EvidenceVerdict EndorsementCertificate { get; set; }

    public EvidenceVerdict ParentCertification { get; set; }

    /// <summary>What was found in the destination's evidence.</summary>
    public string[] Findings { get; set; } = [];

    /// <summary>The file it was written to, or empty.</summary>
    public string Path { get; set; } = string.Empty;

    /// <summary>The XML document.</summary>
    public string Document { get; set; } = string.Empty;

    internal static TpmMigrationApproval From(OwnerApproval approval, DestinationVerdict verdict, string document, string path) => new()
    {
        KeyName = approval.KeyName,
        DestinationHost = approval.DestinationHost,
        DestinationName = Hex.Format(approval.DestinationName),
        ApprovedBy = approval.ApprovedBy,
        Reason = approval.Reason,
        Created = approval.Created,
        InnerWrap = approval.Ticket?.InnerWrap ?? false,
        ValidUntil = approval.ValidUntil,
        EndorsementCertificate = verdict.EndorsementCertificate,
        ParentCertification = verdict.ParentCertification,
        Findings = verdict.Findings.ToArray(),
        Path = path,
        Document = document,
    };
}
