using System;
using System.Collections.Generic;
using System.CommandLine;
using TpmMigration.Keys;

namespace TpmMigration.Authority.Hosting;

/// <summary>The algorithm of a storage key that is made.</summary>
internal static class StorageKeyOption
{
    private static readonly Dictionary<string, KeyAlgorithm> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ecc-p256"] = KeyAlgorithm.EccP256,
        ["ecc-p384"] = KeyAlgorithm.EccP384,
        ["rsa2048"] = KeyAlgorithm.Rsa2048,
        ["rsa3072"] = KeyAlgorithm.Rsa3072,
    };

    internal static Option<string> Make() => new("--storage-key")
    {
        Description = "Algorithm of the storage key: ecc-p256, ecc-p384, rsa2048 or rsa3072. Clients' TPMs must know it.",
        DefaultValueFactory = _ => "ecc-p256",
    };

    /// <exception cref="CommandException">There is no such algorithm.</exception>
    internal static KeyAlgorithm Of(ParseResult parsed, Option<string> option) => Names.TryGetValue(parsed.GetValue(option)!, out KeyAlgorithm algorithm)
        ? algorithm
        : throw new CommandException($"There is no storage key '{parsed.GetValue(option)}': it is one of {string.Join(", ", Names.Keys)}.");
}
