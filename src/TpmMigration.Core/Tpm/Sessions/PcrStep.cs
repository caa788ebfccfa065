using System.Collections.Generic;
using System.Linq;

namespace TpmMigration.Tpm;

/// <summary>The policy step PolicyPCR: that PCRs have the values of a digest. Its data is the command's parameters, TPM 2.0 Part 3, 23.7.</summary>
/// <param name="PcrDigest">The digest of the values, one after the other, by the policy's hash.</param>
/// <param name="Pcrs">Which PCRs, in the order of the digest.</param>
public sealed record PcrStep(byte[] PcrDigest, IReadOnlyList<TpmsPcrSelection> Pcrs)
{
    /// <summary>The step for values.</summary>
    /// <param name="hash">The policy's hash.</param>
    /// <param name="values">In the order of a selection: bank after bank, ascending in each.</param>
    public static PcrStep Of(TpmAlgId hash, IReadOnlyList<PcrValue> values) =>
        new(TpmHash.Digest(hash, values.Select(value => value.Digest).ToArray()), PcrValue.SelectionOf(values));

    /// <exception cref="TpmWireException">The step's data is not of this form, or its digest not of the hash.</exception>
    public static PcrStep Read(TpmAlgId hash, PolicyStep step)
    {
        PcrStep read = TpmReader.ReadWhole(step.CommandPolicy, "The step PolicyPCR", r => new PcrStep(r.ReadTpm2b(), TpmsPcrSelection.ReadList(r)));
        if (read.PcrDigest.Length != TpmHash.Size(hash)) throw new TpmWireException("The step PolicyPCR has a digest of another size than the policy's.");
        return read;
    }

    public PolicyStep ToStep() => new((uint)TpmCc.PolicyPcr, TpmWriter.Write(w =>
    {
        w.WriteTpm2b(PcrDigest);
        TpmsPcrSelection.WriteList(w, Pcrs);
    }));

    /// <summary>Whether values are those of the step.</summary>
    /// <param name="hash">The policy's hash.</param>
    /// <param name="values">In the order of a selection.</param>
    public bool Fits(TpmAlgId hash, IReadOnlyList<PcrValue> values) => Of(hash, values).ToStep().Equals(ToStep());

    internal void Extend(PolicyDigest digest) => digest.Pcr(TpmWriter.Write(w => TpmsPcrSelection.WriteList(w, Pcrs)), PcrDigest);
}
