using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace TpmMigration.Tpm;

/// <summary>TPMS_PCR_SELECTION: PCRs of one bank, in ascending order. TPM 2.0 Part 2, 10.6.2; lists of it are TPML_PCR_SELECTION, 10.9.7.</summary>
/// <param name="Hash">The bank, by its hash.</param>
/// <param name="Pcrs">Numbers of PCRs, 0 to 23, ascending.</param>
public sealed record TpmsPcrSelection(TpmAlgId Hash, IReadOnlyList<int> Pcrs)
{
    /// <summary>PCRs 0 to 23, which each platform has: three bytes of bits, on the wire always all of them.</summary>
    public const int PcrCount = 24;

    private const int SelectBytes = PcrCount / 8;
    private const int MostBanks = 16;

    /// <summary>Reads what users write: banks with their PCRs, <c>sha256:0,2,7</c>, several with a plus between them.</summary>
    /// <exception cref="ArgumentException">The text is not of this form, or names something twice.</exception>
    public static IReadOnlyList<TpmsPcrSelection> Parse(string text)
    {
        List<TpmsPcrSelection> banks = text.Split('+').Select(ParseBank).ToList();
        return banks.Select(bank => bank.Hash).Distinct().Count() == banks.Count
            ? banks
            : throw new ArgumentException($"'{text}' names a bank of PCRs twice. Name all PCRs of a bank together.");
    }

    /// <summary>The bank as users write it: sha256.</summary>
    public static string BankName(TpmAlgId hash) => hash.ToString().ToLowerInvariant();

    /// <summary>The bank of a name; null if there is none that this engine computes.</summary>
    public static TpmAlgId? BankOf(string name) => name switch
    {
        "sha1" => TpmAlgId.Sha1,
        "sha256" => TpmAlgId.Sha256,
        "sha384" => TpmAlgId.Sha384,
        "sha512" => TpmAlgId.Sha512,
        _ => null,
    };

    /// <summary>As users write it: sha256:0,2,7.</summary>
    public override string ToString() => $"{BankName(Hash)}:{string.Join(",", Pcrs.Select(pcr => pcr.ToString(CultureInfo.InvariantCulture)))}";

    internal static void WriteList(TpmWriter writer, IReadOnlyList<TpmsPcrSelection> list)
    {
        writer.WriteU32((uint)list.Count);
        foreach (TpmsPcrSelection selection in list) selection.Write(writer);
    }

    internal static IReadOnlyList<TpmsPcrSelection> ReadList(TpmReader reader)
    {
        uint count = reader.ReadU32();
        if (count > MostBanks) throw new TpmWireException($"A selection of PCRs names {count} banks, which no TPM has.");
        var list = new List<TpmsPcrSelection>();
        for (uint i = 0; i < count; i++) list.Add(Read(reader));
        return list;
    }

    private static TpmsPcrSelection Read(TpmReader reader)
    {
        TpmAlgId hash = reader.ReadAlg();
        int size = reader.ReadU8();
        if (size != SelectBytes) throw new TpmWireException($"A selection of PCRs has {size} bytes of bits; {SelectBytes} are written for 24 PCRs.");
        byte[] bits = reader.ReadBytes(size);
        return new TpmsPcrSelection(hash, Enumerable.Range(0, PcrCount).Where(pcr => (bits[pcr / 8] & 1 << pcr % 8) != 0).ToList());
    }

    private void Write(TpmWriter writer)
    {
        byte[] bits = new byte[SelectBytes];
        foreach (int pcr in Pcrs) bits[pcr / 8] |= (byte)(1 << pcr % 8);
        writer.WriteAlg(Hash);
        writer.WriteU8(SelectBytes);
        writer.WriteBytes(bits);
    }

    private static TpmsPcrSelection ParseBank(string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length != 2 || BankOf(parts[0].Trim().ToLowerInvariant()) is not { } hash)
            throw new ArgumentException($"'{text}' is no selection of PCRs. Write the bank and its PCRs, such as sha256:0,2,7; banks are sha1, sha256, sha384 and sha512.");
        List<int> pcrs = parts[1].Split(',').Select(number => int.TryParse(number, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int pcr) && pcr < PcrCount
            ? pcr
            : throw new ArgumentException($"'{number}' is no PCR. They have numbers from 0 to {PcrCount - 1}.")).ToList();
        return pcrs.Distinct().Count() == pcrs.Count
            ? new TpmsPcrSelection(hash, pcrs.OrderBy(pcr => pcr).ToList())
            : throw new ArgumentException($"'{text}' names a PCR twice.");
    }
}
