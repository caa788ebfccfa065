using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>Holds the PCRs of this machine against those that keys expect. Many keys ask for the same PCRs, which are read once.</summary>
internal sealed class PcrComparison
{
    private readonly TpmDevice _device;
    private readonly Dictionary<string, IReadOnlyList<PcrValue>> _read = [];

    internal PcrComparison(TpmDevice device) => _device = device;

    /// <summary>The PCRs that keep a key from being used here; none for a key that asks for none.</summary>
    internal IReadOnlyList<PcrDifference> Differences(PackageKey key)
    {
        if (UsePolicy.Of(key.PublicArea, key.Policy) is not { } use) return [];
        IReadOnlyList<PcrValue> actual = Read(use.Pcrs.Pcrs);
        if (use.Pcrs.Fits(key.PublicArea.NameAlg, actual)) return [];
        IEnumerable<(TpmAlgId Bank, int Index)> pcrs = use.Pcrs.Pcrs.SelectMany(bank => bank.Pcrs, (bank, index) => (bank.Hash, index));
        return pcrs.Select(pcr => Difference(pcr.Bank, pcr.Index, Find(key.ExpectedPcrs, pcr.Bank, pcr.Index), Find(actual, pcr.Bank, pcr.Index))).OfType<PcrDifference>().ToList();
    }

    /// <exception cref="ImportException">The PCRs of this machine do not let a key be used.</exception>
    internal void Require(PackageKey key)
    {
        if (Differences(key) is not { Count: not 0 } differences) return;
        throw new ImportException(
            ImportFault.PcrMismatch,
            $"The key '{key.Name}' can be used only with certain values of PCRs, which differ here, so it cannot be proven to work: {string.Join("; ", differences)}. Bring this machine into the state that is expected, or import without proof with -SkipProof.");
    }

    private static byte[]? Find(IReadOnlyList<PcrValue> values, TpmAlgId bank, int index) => values.FirstOrDefault(value => value.Bank == bank && value.Index == index)?.Digest;

    private static PcrDifference? Difference(TpmAlgId bank, int index, byte[]? expected, byte[]? actual) =>
        expected != null && actual != null && expected.SequenceEqual(actual) ? null : new PcrDifference(bank, index, expected, actual);

    private IReadOnlyList<PcrValue> Read(IReadOnlyList<TpmsPcrSelection> selection)
    {
        string name = string.Join("+", selection);
        return _read.TryGetValue(name, out IReadOnlyList<PcrValue>? known) ? known : _read[name] = PlatformPcrs.Read(_device, selection);
    }
}
