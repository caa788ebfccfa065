using System;

namespace TpmMigration.Transport;

/// <summary>The calls of tbs.dll that are used; results are its return codes.</summary>
internal interface ITbs
{
    uint CreateContext(out IntPtr context);

    uint SubmitCommand(IntPtr context, byte[] command, byte[] response, ref uint responseSize);

    uint CancelCommands(IntPtr context);

    uint GetOwnerAuth(IntPtr context, byte[] value, ref uint size);

    uint CloseContext(IntPtr context);
}
