using System.Globalization;

namespace TpmMigration.Transport;

/// <summary>Return codes of Windows' TPM Base Services. Source: winerror.h, "TBS Return Codes" of the Windows documentation.</summary>
internal static class TbsResult
{
    internal const uint Success = 0;
    internal const uint CommandBlocked = 0x80280400;
    internal const uint CommandCanceled = 0x8028400D;
    internal const uint TpmNotFound = 0x8028400F;
    internal const uint AccessDenied = 0x80284012;
    internal const uint OwnerAuthNotFound = 0x80284015;

    /// <summary>Name, number and what it means, for a message.</summary>
    internal static string Describe(uint result)
    {
        string text = result switch
        {
            CommandBlocked => "TPM_E_COMMAND_BLOCKED: Windows does not let this command through",
            0x80280403 => "TPM_E_EMBEDDED_COMMAND_BLOCKED: Windows does not let this command through inside another",
            0x80280800 => "TPM_E_RETRY: the TPM is too busy, try again",
            0x80284001 => "TBS_E_INTERNAL_ERROR: the TPM Base Services failed",
            0x80284002 => "TBS_E_BAD_PARAMETER: the TPM Base Services refuse the call",
            0x80284003 => "TBS_E_INVALID_OUTPUT_POINTER: the TPM Base Services refuse the call",
            0x80284004 => "TBS_E_INVALID_CONTEXT: the connection to the TPM Base Services is gone",
            0x80284005 => "TBS_E_INSUFFICIENT_BUFFER: the response is larger than a TPM's can be",
            0x80284006 => "TBS_E_IOERROR: Windows cannot communicate with the TPM",
            0x80284007 => "TBS_E_INVALID_CONTEXT_PARAM: this Windows does not know TPM 2.0",
            0x80284008 => "TBS_E_SERVICE_NOT_RUNNING: the service TBS does not run and could not be started",
            0x80284009 => "TBS_E_TOO_MANY_TBS_CONTEXTS: too many programs use the TPM at once, end some",
            0x8028400A => "TBS_E_TOO_MANY_RESOURCES: too many TPM objects are in use at once, end some programs",
            0x8028400B => "TBS_E_SERVICE_START_PENDING: the service TBS is starting, try again",
            CommandCanceled => "TBS_E_COMMAND_CANCELED: the command was canceled",
            0x8028400E => "TBS_E_BUFFER_TOO_LARGE: the command is larger than a TPM's can be",
            TpmNotFound => "TBS_E_TPM_NOT_FOUND: this computer has no TPM 2.0, or it is switched off in the firmware setup",
            0x80284010 => "TBS_E_SERVICE_DISABLED: the service TBS is disabled",
            AccessDenied => "TBS_E_ACCESS_DENIED: run as administrator",
            0x80284014 => "TBS_E_PPI_FUNCTION_UNSUPPORTED: the firmware does not support this",
            OwnerAuthNotFound => "TBS_E_OWNERAUTH_NOT_FOUND: Windows has not kept this authorization value",
            0x80284016 => "TBS_E_PROVISIONING_INCOMPLETE: Windows has not finished preparing the TPM, restart the computer",
            _ => "an unnamed error of the TPM Base Services",
        };
        return string.Format(CultureInfo.InvariantCulture, "{0} (0x{1:X8})", text, result);
    }
}
