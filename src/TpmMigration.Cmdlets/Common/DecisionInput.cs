using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using TpmMigration.Approvals;

namespace TpmMigration.Cmdlets;

/// <summary>What Migration Selection Authorities decided, as users give it with -Approval: files with wildcards, the XML, or what other commands returned.</summary>
internal static class DecisionInput
{
    /// <exception cref="ApprovalException">One is malformed, or its signature does not hold.</exception>
    /// <exception cref="DocumentAccessException">A file is missing or cannot be read.</exception>
    internal static IReadOnlyList<SelectionApproval> Read(PSCmdlet cmdlet, IEnumerable<object> inputs) =>
        DocumentInput.FromMany(cmdlet, inputs).Select(document => ApprovalDocument.Read(document.Text())).OfType<SelectionApproval>().ToList();
}
