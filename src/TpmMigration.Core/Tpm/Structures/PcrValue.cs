using System.Collections.Generic;
using System.Globalization;

namespace TpmMigration.Tpm;

/// <summary>The value of one PCR.</summary>
/// <param name="Bank">The bank, by its hash.</param>
/// <param name="Index">0 to 23.</param>
/// <param name="Digest">A digest of the bank's hash.</param>
public sealed record PcrValue(TpmAlgId Bank, int Index, byte[] Digest)
{
    /// <summary>Which PCR it is, as users write it: sha256:7.</summary>
    public string Label => LabelOf(Bank, Index);

    /// <summary>With its value in hexadecimal: sha256:7=00ff...</summary>
    public override string ToString() => $"{Label}={Hex.Format(Digest)}";

    /// <summary>The PCRs of values that are in the order of a selection: bank after bank.</summary>
    public static IReadOnlyList<TpmsPcrSelection> SelectionOf(IReadOnlyList<PcrValue> values)
    {
        var banks = new List<TpmsPcrSelection>();
        foreach (PcrValue value in values)
        {
            if (banks.Count == 0 || banks[^1].Hash != value.Bank) banks.Add(new TpmsPcrSelection(value.Bank, new List<int>()));
            ((List<int>)banks[^1].Pcrs).Add(value.Index);
        }
        return banks;
    }

    internal static string LabelOf(TpmAlgId bank, int index) => $"{TpmsPcrSelection.BankName(bank)}:{index.ToString(CultureInfo.InvariantCulture)}";
}
