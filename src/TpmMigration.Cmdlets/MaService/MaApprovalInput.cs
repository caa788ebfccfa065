using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Approvals;

namespace TpmMigration.Cmdlets;

/// <summary>Approvals that go along with a request to a Migration Authority.</summary>
internal static class MaApprovalInput
{
    private const int Most = 64;

    /// <exception cref="ApprovalException">One is malformed, or its signature does not hold.</exception>
    /// <exception cref="DocumentAccessException">A file is missing or cannot be read.</exception>
    /// <exception cref="ArgumentException">There are more than one message takes.</exception>
    internal static IReadOnlyList<byte[]> Read(PSCmdlet cmdlet, object[] inputs)
    {
        List<byte[]> approvals = DecisionInput.Read(cmdlet, inputs).Select(ApprovalDocument.ToBytes).ToList();
        return approvals.Count <= Most ? approvals : throw new ArgumentException($"There are {approvals.Count} approvals, and a request takes {Most}. Give those for this machine.");
    }
}
