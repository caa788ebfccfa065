using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Tpm;
using static TpmMigration.Packages.PackageSchema;

namespace TpmMigration.Packages;

/// <summary>The element ExpectedPcrs of a key: in the clear, the values of which its policy has the digest.</summary>
internal static class ExpectedPcrsElement
{
    private const int MostPcrs = 4 * TpmsPcrSelection.PcrCount;

    /// <returns>Null where there are none.</returns>
    internal static XElement? Of(IReadOnlyList<PcrValue> pcrs) => pcrs.Count == 0 ? null : new XElement(
        Ns + "ExpectedPcrs",
        pcrs.Select(pcr => new XElement(
            Ns + "Pcr",
            new XAttribute("bank", TpmsPcrSelection.BankName(pcr.Bank)),
            new XAttribute("index", pcr.Index),
            new XAttribute("value", Hex.Format(pcr.Digest)))));

    /// <exception cref="DocumentFormatException">The element holds something else.</exception>
    internal static PcrValue[] Read(StrictElement element)
    {
        PcrValue[] pcrs = element.Children("Pcr").Select(ReadPcr).ToArray();
        if (pcrs.Length == 0) throw element.Fault("<ExpectedPcrs> is empty.");
        if (pcrs.Length > MostPcrs) throw element.Fault($"<ExpectedPcrs> holds more than {MostPcrs} PCRs.");
        element.End();
        return pcrs;
    }

    /// <summary>Whether values are those of the PolicyPCR with which the first branch of a policy begins.</summary>
    internal static bool Fit(TpmAlgId hash, IReadOnlyList<IReadOnlyList<PolicyStep>> policy, IReadOnlyList<PcrValue> pcrs) =>
        policy.Count != 0 && (TpmCc)policy[0][0].CommandCode == TpmCc.PolicyPcr && PcrStep.Of(hash, pcrs).ToStep().Equals(policy[0][0]);

    private static PcrValue ReadPcr(StrictElement element)
    {
        TpmAlgId bank = TpmsPcrSelection.BankOf(element.Attribute("bank")) ?? throw element.Fault("The attribute bank of <Pcr> is not sha1, sha256, sha384 or sha512.");
        int index = element.CountAttribute("index");
        if (index >= TpmsPcrSelection.PcrCount || element.Attribute("index").Length > (index < 10 ? 1 : 2)) throw element.Fault($"The attribute index of <Pcr> is not a number from 0 to {TpmsPcrSelection.PcrCount - 1}.");
        byte[] value = element.HexAttribute("value");
        if (value.Length != TpmHash.Size(bank)) throw element.Fault("The attribute value of <Pcr> is not a digest of its bank.");
        element.End();
        return new PcrValue(bank, index, value);
    }
}
