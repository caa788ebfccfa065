using System.Globalization;

namespace TpmMigration.Transport;

/// <summary>
/// The operating system did not let a command through to the TPM (on Windows TPM_E_COMMAND_BLOCKED, 0x80280400). The TPM has not
/// seen it; the transport stays usable.
/// </summary>
public sealed class TpmCommandBlockedException : TpmTransportException
{
    public TpmCommandBlockedException(uint commandCode)
        : base(string.Format(
            CultureInfo.InvariantCulture,
            "Windows does not let TPM command 0x{0:X8} through (TPM_E_COMMAND_BLOCKED, 0x80280400). Run as administrator; " +
            "if it is still blocked, this Windows blocks it for everybody.",
            commandCode)) => CommandCode = commandCode;

    /// <summary>The TPM_CC of the blocked command.</summary>
    public uint CommandCode { get; }
}
