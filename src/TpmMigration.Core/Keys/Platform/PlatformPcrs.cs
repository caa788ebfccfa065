using System.Collections.Generic;
using System.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Reads the PCRs of this machine.</summary>
public static class PlatformPcrs
{
    private const int Attempts = 8;

    /// <summary>The values that PCRs have, all at one time.</summary>
    /// <param name="device">The TPM.</param>
    /// <param name="selection">Which PCRs.</param>
    /// <returns>In the order of the selection; those that the TPM does not have are left out.</returns>
    /// <exception cref="TpmWireException">The TPM answers with something else, or its PCRs do not come to rest.</exception>
    public static IReadOnlyList<PcrValue> Read(TpmDevice device, IReadOnlyList<TpmsPcrSelection> selection)
    {
        for (int i = 0; i < Attempts; i++)
        {
            uint? counter = null;
            List<PcrValue> values = [];
            // A PCR that was extended between two readings would make a set of values that never was.
            if (selection.All(bank => ReadBank(device, bank, values, ref counter))) return values;
        }
        throw new TpmWireException("The TPM's PCRs change faster than they can be read.");
    }

    /// <returns>False if a PCR was changed since the first reading.</returns>
    private static bool ReadBank(TpmDevice device, TpmsPcrSelection bank, List<PcrValue> values, ref uint? counter)
    {
        List<int> left = [.. bank.Pcrs];
        while (left.Count != 0)
        {
            PcrReadResponse response;
            try
            {
                response = device.Execute(new PcrRead { PcrSelectionIn = [new TpmsPcrSelection(bank.Hash, left)] });
            }
            catch (TpmException e) when (e.Code == TpmRc.Hash)
            {
                return true; // The TPM does not have the hash, and so no such bank.
            }
            if ((counter ??= response.PcrUpdateCounter) != response.PcrUpdateCounter) return false;
            List<int> read = response.PcrSelectionOut.Where(each => each.Hash == bank.Hash).SelectMany(each => each.Pcrs).ToList();
            if (read.Count != response.PcrValues.Count || read.Except(left).Any() || response.PcrValues.Any(value => value.Length != TpmHash.Size(bank.Hash)))
                throw new TpmWireException("The TPM was asked for PCRs and answered with others.");
            if (read.Count == 0) return true; // What is left is not there.
            values.AddRange(read.Zip(response.PcrValues, (pcr, value) => new PcrValue(bank.Hash, pcr, value)));
            left.RemoveAll(read.Contains);
        }
        return true;
    }
}
