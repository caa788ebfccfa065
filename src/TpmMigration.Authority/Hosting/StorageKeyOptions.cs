using System;
using System.Collections.Generic;
using System.CommandLine;
using TpmMigration.Authority.Keys;
using TpmMigration.Keys;

namespace TpmMigration.Authority.Hosting;

/// <summary>What storage key is made.</summary>
internal sealed class StorageKeyOptions
{
    private static readonly Dictionary<string, KeyAlgorithm> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ecc-p256"] = KeyAlgorithm.EccP256,
        ["ecc-p384"] = KeyAlgorithm.EccP384,
        ["rsa2048"] = KeyAlgorithm.Rsa2048,
        ["rsa3072"] = KeyAlgorithm.Rsa3072,
    };

    private readonly Option<string> _algorithm = new("--storage-key")
    {
        Description = "Algorithm of the storage key: ecc-p256, ecc-p384, rsa2048 or rsa3072. Clients' TPMs must know it.",
        DefaultValueFactory = _ => "ecc-p256",
    };

    private readonly Option<string?> _tpm = new("--tpm")
    {
        Description = "Makes the storage key in the host's TPM, which then wraps all packages (TPM2_Rewrap). With a connection string, such as device:/dev/tpmrm0, in another than the platform's. TPM_MA_TPM goes before it.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    internal void AddTo(Command command)
    {
        command.Options.Add(_algorithm);
        command.Options.Add(_tpm);
    }

    /// <summary>Makes the key that the options ask for, at a time.</summary>
    /// <exception cref="CommandException">There is no such algorithm.</exception>
    internal Func<DateTime, StorageKey> Of(ParseResult parsed)
    {
        if (!Names.TryGetValue(parsed.GetValue(_algorithm)!, out KeyAlgorithm algorithm))
            throw new CommandException($"There is no storage key '{parsed.GetValue(_algorithm)}': it is one of {string.Join(", ", Names.Keys)}.");
        return parsed.GetResult(_tpm) is { Implicit: false }
            ? utc => TpmStorageKey.Create(algorithm, parsed.GetValue(_tpm) ?? string.Empty, utc)
            : utc => SoftwareStorageKey.Create(algorithm, utc);
    }
}
