using System.Collections.Generic;
using TpmMigration.Fuzz.Engine;

namespace TpmMigration.Fuzz.Targets;

/// <summary>The readers that are fed.</summary>
public static class FuzzTargets
{
    public static IReadOnlyList<string> Names { get; } = ["package", "keyfile", "response"];

    /// <returns>Null if there is none of that name.</returns>
    public static FuzzTarget? Find(string name) => name switch
    {
        "package" => new PackageTarget(),
        "keyfile" => new KeyFileTarget(),
        "response" => new ResponseTarget(),
        _ => null,
    };
}
