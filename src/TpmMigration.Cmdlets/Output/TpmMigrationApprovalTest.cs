using System;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Migration;
using TpmMigration.Tpm;

namespace TpmMigration.Cmdlets;

/// <summary>What the verification of an approval or denial found, as plain data.</summary>
public sealed class TpmMigrationApprovalTest
{
    /// <summary>Whether no check failed. What was not checked does not count. A denial is sound too; see Decision.</summary>
    public bool IsSound { get; set; }

    /// <summary>Approved or Denied; null if it could not be read.</summary>
    public SelectionDecision? Decision { get; set; }

    /// <summary>Whose word it is: the subject of a Migration Selection Authority's certificate, or TPM Owner; empty if it could not be read.</summary>
    public string Authority { get; set; } = string.Empty;

    /// <summary>For an authority, the TPM name of its key in hexadecimal, as policies hold it; otherwise empty.</summary>
    public string AuthorityName { get; set; } = string.Empty;

    /// <summary>The name of the key, as the document has it; empty for all keys of an authority.</summary>
    public string KeyName { get; set; } = string.Empty;

    /// <summary>The TPM name of the key in hexadecimal; empty for all keys of an authority.</summary>
    public string TpmName { get; set; } = string.Empty;

    public string DestinationHost { get; set; } = string.Empty;

    /// <summary>UTC; null if it could not be read.</summary>
    public DateTime? ValidUntil { get; set; }

    /// <summary>Whether it is good for one package only.</summary>
    public bool SingleUse { get; set; }

    /// <summary>The file it is in, or empty.</summary>
    public string Path { get; set; } = string.Empty;

    /// <summary>In the order in which they are made.</summary>
    public TpmMigrationApprovalCheck[] Checks { get; set; } = [];

    internal static TpmMigrationApprovalTest From(ApprovalReport report, string path)
    {
        var owner = report.Approval as OwnerApproval;
        var selection = report.Approval as SelectionApproval;
        return new TpmMigrationApprovalTest
        {
            IsSound = report.IsSound,
            Decision = selection?.Decision ?? (owner == null ? null : SelectionDecision.Approved),
            Authority = selection?.Signature!.Signer.Description ?? (owner == null ? string.Empty : "TPM Owner"),
            AuthorityName = selection == null ? string.Empty : Hex.Format(selection.Authority.TpmName),
            KeyName = owner?.KeyName ?? selection?.Key?.KeyName ?? string.Empty,
            TpmName = (owner?.KeyTpmName ?? selection?.Key?.TpmName) is { } name ? Hex.Format(name) : string.Empty,
            DestinationHost = report.Approval?.DestinationHost ?? string.Empty,
            ValidUntil = report.Approval?.ValidUntil,
            SingleUse = selection?.SingleUse ?? false,
            Path = path,
            Checks = report.Findings.Select(TpmMigrationApprovalCheck.From).ToArray(),
        };
    }
}

/// <summary>The end of one check.</summary>
public sealed class TpmMigrationApprovalCheck
{
    public ApprovalCheck Check { get; set; }

    public CheckVerdict Verdict { get; set; }

    public string Reason { get; set; } = string.Empty;

    /// <summary>The id of the error with which an export would end; empty unless it failed, and where an export would not notice.</summary>
    public string ErrorId { get; set; } = string.Empty;

    internal static TpmMigrationApprovalCheck From(ApprovalFinding finding) => new()
    {
        Check = finding.Check,
        Verdict = finding.Verdict,
        Reason = finding.Reason,
        ErrorId = finding.Cause == null ? string.Empty : ErrorMap.Find(finding.Cause)?.Id ?? string.Empty,
    };

    /// <summary>As remote sessions hand it on, which keep of what is inside an object no more than this.</summary>
    public override string ToString() => $"{Verdict} {Check}: {Reason}";
}
