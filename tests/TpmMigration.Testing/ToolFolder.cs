using System.Collections.Generic;

namespace TpmMigration.Testing;

/// <summary>Runs programs that need no TPM.</summary>
public static class ToolFolder
{
    /// <summary>Runs a program in a folder.</summary>
    /// <returns>What it wrote to standard output.</returns>
    /// <exception cref="ToolFailedException">It ended with an error; the message has what it wrote.</exception>
    public static string Run(string folder, string program, params string[] arguments) =>
        ToolRunner.Run(program, arguments, new Dictionary<string, string>(), folder);
}
