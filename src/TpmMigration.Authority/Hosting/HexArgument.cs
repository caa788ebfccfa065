using System.CommandLine;
using System.CommandLine.Parsing;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>A name or a fingerprint, as commands show them.</summary>
internal static class HexArgument
{
    internal static Argument<byte[]> Make(string name, string description) => new(name) { Description = description, CustomParser = Parse, Arity = ArgumentArity.ExactlyOne };

    internal static Option<byte[]?> Option(string name, string description) => new(name) { Description = description, CustomParser = Parse, Arity = ArgumentArity.ExactlyOne };

    /// <summary>What was given; null if nothing was.</summary>
    internal static byte[]? Given(this ParseResult parsed, Option<byte[]?> option) => parsed.GetValue(option) is { Length: > 0 } value ? value : null;

    private static byte[]? Parse(ArgumentResult result)
    {
        byte[]? value = Hex.TryParse(result.Tokens[0].Value);
        if (value == null || value.Length == 0) result.AddError($"'{result.Tokens[0].Value}' is no hexadecimal in lower case, as commands show names and fingerprints.");
        return value;
    }
}
