using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;

namespace TpmMigration.Migration;

/// <summary>What is asked of an approval or denial, in this order.</summary>
public enum ApprovalCheck
{
    /// <summary>XML and schema.</summary>
    Form,

    /// <summary>An authority's document is as it was signed, by the key that it names. The Owner's has no signature.</summary>
    Signature,

    /// <summary>Its time has come and is not over.</summary>
    Time,

    /// <summary>The signer is registered here as a Migration Selection Authority, or the key's policy names it.</summary>
    Authority,

    /// <summary>It is for the key that was named, and the key's policy names the authority.</summary>
    Key,

    /// <summary>It is for the destination that was named.</summary>
    Destination,

    /// <summary>What it holds for TPMs says the same as the document, and was signed by the authority.</summary>
    TpmSignatures,
}

/// <summary>The end of one check.</summary>
/// <param name="Check">What was asked.</param>
/// <param name="Verdict">The answer.</param>
/// <param name="Reason">A sentence that says why.</param>
/// <param name="Cause">The error with which an export would end; null unless it failed, and where an export would not notice.</param>
public sealed record ApprovalFinding(ApprovalCheck Check, CheckVerdict Verdict, string Reason, Exception? Cause = null);

/// <summary>What was found of an approval or denial.</summary>
/// <param name="Approval">The document; null if it could not be read.</param>
/// <param name="Findings">One for each check, in their order.</param>
public sealed record ApprovalReport(MigrationApproval? Approval, IReadOnlyList<ApprovalFinding> Findings)
{
    /// <summary>Whether no check failed. What was not checked does not count.</summary>
    public bool IsSound => Findings.All(finding => finding.Verdict != CheckVerdict.Failed);
}
