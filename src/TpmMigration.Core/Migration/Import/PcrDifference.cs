using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>A PCR of this machine that does not have the value with which a key can be used.</summary>
/// <param name="Bank">The bank, by its hash.</param>
/// <param name="Index">0 to 23.</param>
/// <param name="Expected">The value that the key asks for; null where only the digest of all its PCRs is known, and one of them differs.</param>
/// <param name="Actual">The value here; null if this TPM does not have the PCR.</param>
public sealed record PcrDifference(TpmAlgId Bank, int Index, byte[]? Expected, byte[]? Actual)
{
    /// <summary>Which PCR it is, as users write it: sha256:7.</summary>
    public string Label => PcrValue.LabelOf(Bank, Index);

    public override string ToString() =>
        $"{Label} {(Expected == null ? "does not have the value it had, or another PCR of the key does not" : $"is to be {Hex.Format(Expected)}")} and {(Actual == null ? "does not exist here" : $"is {Hex.Format(Actual)}")}";
}
