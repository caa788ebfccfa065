using System;
using System.Runtime.InteropServices;

namespace TpmMigration.Transport;

/// <summary>tbs.dll. Source: tbs.h of the Windows SDK.</summary>
internal sealed class NativeTbs : ITbs
{
    private const uint VersionTwo = 2;
    private const uint IncludeTpm20 = 1 << 2;
    private const uint LocalityZero = 0;
    private const uint PriorityNormal = 200;
    private const uint OwnerAuthTypeStorage20 = 13;

    public uint CreateContext(out IntPtr context)
    {
        var parameters = new ContextParams2 { Version = VersionTwo, Flags = IncludeTpm20 };
        return Tbsi_Context_Create(ref parameters, out context);
    }

    public uint SubmitCommand(IntPtr context, byte[] command, byte[] response, ref uint responseSize) =>
        Tbsip_Submit_Command(context, LocalityZero, PriorityNormal, command, (uint)command.Length, response, ref responseSize);

    public uint CancelCommands(IntPtr context) => Tbsip_Cancel_Commands(context);

    public uint GetOwnerAuth(IntPtr context, byte[] value, ref uint size) =>
        Tbsi_Get_OwnerAuth(context, OwnerAuthTypeStorage20, value, ref size);

    public uint CloseContext(IntPtr context) => Tbsip_Context_Close(context);

    [DllImport("tbs.dll", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern uint Tbsi_Context_Create(ref ContextParams2 parameters, out IntPtr context);

    [DllImport("tbs.dll", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern uint Tbsip_Submit_Command(
        IntPtr context, uint locality, uint priority, [In] byte[] command, uint commandSize, [Out] byte[] result, ref uint resultSize);

    [DllImport("tbs.dll", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern uint Tbsip_Cancel_Commands(IntPtr context);

    [DllImport("tbs.dll", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern uint Tbsi_Get_OwnerAuth(IntPtr context, uint ownerAuthType, [Out] byte[] output, ref uint outputSize);

    [DllImport("tbs.dll", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern uint Tbsip_Context_Close(IntPtr context);

    /// <summary>TBS_CONTEXT_PARAMS2: requestRaw is bit 0 of the flags, includeTpm12 bit 1, includeTpm20 bit 2.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ContextParams2
    {
        internal uint Version;
        internal uint Flags;
    }
}
