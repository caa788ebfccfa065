using System.Collections.Generic;

namespace TpmMigration.Tpm;

// TPM 2.0 Part 3, clause 22 (integrity collection).

/// <summary>TPM2_PCR_Read, Part 3, 22.4. TPMs answer with eight values at most; the rest is asked for anew.</summary>
public sealed class PcrRead : TpmCommand<PcrReadResponse>
{
    public required IReadOnlyList<TpmsPcrSelection> PcrSelectionIn { get; init; }

    internal override TpmCc Code => TpmCc.PcrRead;

    internal override void WriteParameters(TpmWriter writer) => TpmsPcrSelection.WriteList(writer, PcrSelectionIn);

    internal override PcrReadResponse ReadResponse(uint handle, TpmReader reader)
    {
        uint counter = reader.ReadU32();
        IReadOnlyList<TpmsPcrSelection> selection = TpmsPcrSelection.ReadList(reader);
        uint count = reader.ReadU32();
        var values = new List<byte[]>();
        for (uint i = 0; i < count; i++) values.Add(reader.ReadTpm2b());
        return new PcrReadResponse(counter, selection, values);
    }
}

/// <param name="PcrUpdateCounter">Changes with each change of a PCR.</param>
/// <param name="PcrSelectionOut">The PCRs that were read.</param>
/// <param name="PcrValues">Their values, in this order.</param>
public sealed record PcrReadResponse(uint PcrUpdateCounter, IReadOnlyList<TpmsPcrSelection> PcrSelectionOut, IReadOnlyList<byte[]> PcrValues);
