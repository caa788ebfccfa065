using System.Collections.Generic;

namespace TpmMigration.Tpm;

/// <summary>cpHash and rpHash: digests that stand for one command or response. TPM 2.0 Part 1, 16.7 and 16.8.</summary>
public static class CommandHash
{
    /// <summary>The cpHash of a command, for policies that allow this command only.</summary>
    public static byte[] Compute<TResponse>(TpmAlgId hash, TpmCommand<TResponse> command) =>
        Compute(hash, command.Code, command.Handles, TpmWriter.Write(command.WriteParameters));

    internal static byte[] Compute(TpmAlgId hash, TpmCc code, IReadOnlyList<TpmHandle> handles, byte[] parameters)
    {
        byte[][] parts = new byte[handles.Count + 2][];
        parts[0] = ObjectName.OfHandle((uint)code);
        for (int i = 0; i < handles.Count; i++)
            parts[i + 1] = handles[i].Name;
        parts[^1] = parameters;
        return TpmHash.Digest(hash, parts);
    }

    internal static byte[] ComputeResponse(TpmAlgId hash, TpmCc code, byte[] parameters) =>
        TpmHash.Digest(hash, [0, 0, 0, 0], ObjectName.OfHandle((uint)code), parameters);
}
