using System;
using System.CommandLine;
using TpmMigration.Authority.Keys;

namespace TpmMigration.Authority.Hosting;

/// <summary>What every command takes: which Migration Authority.</summary>
internal sealed class CommonOptions
{
    internal Option<string?> Data { get; } = new("--data") { Description = $"The data directory; TPM_MA_DATA, else {DataDirectory.DefaultPath}.", Recursive = true };

    internal Option<string?> SecretFile { get; } = new("--secret-file") { Description = "The file with the secret that opens the keys; TPM_MA_SECRET_FILE, else in the data directory.", Recursive = true };

    internal DataDirectory Directory(ParseResult parsed) => new(
        parsed.GetValue(Data) ?? Variable("TPM_MA_DATA") ?? DataDirectory.DefaultPath,
        parsed.GetValue(SecretFile) ?? Variable("TPM_MA_SECRET_FILE"),
        Variable("TPM_MA_DATABASE"));

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
