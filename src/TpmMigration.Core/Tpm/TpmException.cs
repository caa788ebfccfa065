using System;

namespace TpmMigration.Tpm;

/// <summary>What a response code is about.</summary>
public enum TpmRcSubject
{
    Command,
    Handle,
    Session,
    Parameter,
}

/// <summary>The TPM refused a command.</summary>
public class TpmException : Exception
{
    /// <param name="command">The refused command.</param>
    /// <param name="responseCode">The response code as it came. TPM 2.0 Part 2, 6.6.2.</param>
    public TpmException(TpmCc command, uint responseCode) : this(command, responseCode, Decode(responseCode)) { }

    private TpmException(TpmCc command, uint responseCode, (TpmRc Code, TpmRcSubject Subject, int Index) decoded)
        : base(Describe(command, responseCode, decoded))
    {
        Command = command;
        ResponseCode = responseCode;
        (Code, Subject, Index) = decoded;
    }

    public TpmCc Command { get; }

    /// <summary>The 4-byte response code as the TPM sent it.</summary>
    public uint ResponseCode { get; }

    public TpmRc Code { get; }

    public TpmRcSubject Subject { get; }

    /// <summary>Which handle, session or parameter, from 1; 0 for the command as a whole.</summary>
    public int Index { get; }

    /// <summary>Whether the TPM had no room for what it was given, which says nothing of that.</summary>
    internal bool IsLackOfRoom => Code == TpmRc.ObjectMemory || Code == TpmRc.SessionMemory || Code == TpmRc.Memory;

    internal static (TpmRc Code, TpmRcSubject Subject, int Index) Decode(uint responseCode)
    {
        const uint formatOne = 0x080, parameter = 0x040, session = 0x800;
        uint code = responseCode & 0xFFF;
        if ((code & formatOne) == 0)
            return (TpmRc.Find(code), TpmRcSubject.Command, 0);
        TpmRc row = TpmRc.Find(code & 0x03F | formatOne);
        int number = (int)(code >> 8);
        if ((code & parameter) != 0)
            return (row, TpmRcSubject.Parameter, number);
        return (code & session) != 0
            ? (row, TpmRcSubject.Session, number & 7)
            : (row, TpmRcSubject.Handle, number & 7);
    }

    private static string Describe(TpmCc command, uint responseCode, (TpmRc Code, TpmRcSubject Subject, int Index) decoded)
    {
        string about = decoded.Subject == TpmRcSubject.Command || decoded.Index == 0
            ? string.Empty
            : FormattableString.Invariant($", {decoded.Subject.ToString().ToLowerInvariant()} {decoded.Index}");
        string layer = responseCode >> 12 == 0 ? string.Empty : " It came from the software below (resource manager or driver), not from the TPM itself.";
        return FormattableString.Invariant($"TPM2_{command} was refused: {decoded.Code.Text} ({decoded.Code.Name}{about}, 0x{responseCode:X}).{layer}");
    }
}
