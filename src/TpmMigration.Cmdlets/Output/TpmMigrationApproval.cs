using System;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>An approval or denial, as plain data with its document, and the verdict on the destination's evidence where it was just given.</summary>
public sealed class TpmMigrationApproval
{
    /// <summary>The name of the key; empty for all keys of an authority.</summary>
    public string KeyName { get; set; } = string.Empty;

    /// <summary>The TPM name of the key in hexadecimal; empty for all keys of an authority.</summary>
    public string TpmName { get; set; } = string.Empty;

    public string DestinationHost { get; set; } = string.Empty;

    /// <summary>The TPM name of the approved new parent in hexadecimal.</summary>
    public string DestinationName { get; set; } = string.Empty;

    /// <summary>Approved or Denied.</summary>
    public SelectionDecision Decision { get; set; }

    /// <summary>Whose word it is: the subject of a Migration Selection Authority's certificate, or TPM Owner.</summary>
    public string Authority { get; set; } = string.Empty;

    /// <summary>For an authority, the TPM name of its key in hexadecimal, as policies hold it; otherwise empty.</summary>
    public string AuthorityName { get; set; } = string.Empty;

    /// <summary>The account under which it was done.</summary>
    public string ApprovedBy { get; set; } = string.Empty;

    public string Reason { get; set; } = string.Empty;

    /// <summary>UTC.</summary>
    public DateTime Created { get; set; }

    /// <summary>Whether the key goes with an inner wrap, for an approval of the Owner; without, it is another approval.</summary>
    public bool InnerWrap { get; set; }

    /// <summary>UTC.</summary>
    public DateTime NotBefore { get; set; }

    /// <summary>UTC; a restart of the TPM ends the Owner's earlier.</summary>
    public DateTime ValidUntil { get; set; }

    /// <summary>Whether it is good for one package only.</summary>
    public bool SingleUse { get; set; }

    /// <summary>Null where the destination was not looked at.</summary>
    public EvidenceVerdict? EndorsementCertificate { get; set; }

    /// <summary>Null where the destination was not looked at.</summary>
    public EvidenceVerdict? ParentCertification { get; set; }

    /// <summary>What was found in the destination's evidence.</summary>
    public string[] Findings { get; set; } = [];

    /// <summary>The UUID of the document.</summary>
    public string Id { get; set; } = string.Empty;

    /// <summary>The file it was written to or read from, or empty.</summary>
    public string Path { get; set; } = string.Empty;

    /// <summary>The XML document.</summary>
    public string Document { get; set; } = string.Empty;

    internal static TpmMigrationApproval From(MigrationApproval approval, DestinationVerdict? verdict, string path)
    {
        var owner = approval as OwnerApproval;
        var selection = approval as SelectionApproval;
        return new TpmMigrationApproval
        {
            KeyName = owner?.KeyName ?? selection?.Key?.KeyName ?? string.Empty,
            TpmName = (owner?.KeyTpmName ?? selection?.Key?.TpmName) is { } name ? Hex.Format(name) : string.Empty,
            DestinationHost = approval.DestinationHost,
            DestinationName = Hex.Format(approval.DestinationName),
            Decision = selection?.Decision ?? SelectionDecision.Approved,
            Authority = selection?.Signature?.Signer.Description ?? "TPM Owner",
            AuthorityName = selection == null ? string.Empty : Hex.Format(selection.Authority.TpmName),
            ApprovedBy = approval.ApprovedBy,
            Reason = approval.Reason,
            Created = approval.Created,
            NotBefore = selection?.NotBefore ?? approval.Created,
            InnerWrap = owner?.Ticket?.InnerWrap ?? false,
            ValidUntil = approval.ValidUntil,
            SingleUse = selection?.SingleUse ?? false,
            EndorsementCertificate = verdict?.EndorsementCertificate,
            ParentCertification = verdict?.ParentCertification,
            Findings = verdict?.Findings.ToArray() ?? [],
            Id = approval.Id.ToString("D"),
            Path = path,
            Document = ApprovalDocument.Write(approval),
        };
    }
}
