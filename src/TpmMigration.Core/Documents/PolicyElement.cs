using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Documents;

/// <summary>The element Policy, alike in all documents: the branches of a key's policy, each a row of steps.</summary>
internal static class PolicyElement
{
    /// <returns>Null for a key without policy.</returns>
    internal static XElement? Of(XNamespace ns, IReadOnlyList<IReadOnlyList<PolicyStep>> policy) => policy.Count == 0 ? null : new XElement(
        ns + "Policy",
        policy.Select(branch => new XElement(ns + "Branch", branch.Select(step => new XElement(
            ns + "Step",
            new XAttribute("command", Hex.Format(ObjectName.OfHandle(step.CommandCode))),
            new XAttribute("data", Hex.Format(step.CommandPolicy)))))));

    /// <exception cref="DocumentFormatException">The element holds something else.</exception>
    internal static IReadOnlyList<PolicyStep>[] Read(StrictElement element)
    {
        IReadOnlyList<PolicyStep>[] branches = element.Children("Branch").Select(ReadBranch).ToArray();
        if (branches.Length == 0) throw element.Fault("<Policy> is empty.");
        element.End();
        return branches;
    }

    private static IReadOnlyList<PolicyStep> ReadBranch(StrictElement branch)
    {
        List<PolicyStep> steps = branch.Children("Step").Select(step =>
        {
            byte[] code = step.HexAttribute("command");
            if (code.Length != 4) throw step.Fault("The attribute command of <Step> is not a command code of 4 bytes.");
            var result = new PolicyStep(new TpmReader(code).ReadU32(), step.HexAttribute("data"));
            step.End();
            return result;
        }).ToList();
        if (steps.Count == 0) throw branch.Fault("<Branch> is empty.");
        branch.End();
        return steps;
    }
}
