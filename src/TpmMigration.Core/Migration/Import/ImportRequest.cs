using System;
using System.Collections.Generic;

namespace TpmMigration.Migration;

/// <summary>How a package is to be imported.</summary>
public sealed record ImportRequest
{
    /// <summary>Names to give keys instead of those in the package, by the package's name.</summary>
    public IReadOnlyDictionary<string, string> NewNames { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether keys of the same name are replaced.</summary>
    public bool Force { get; init; }

    /// <summary>Whether keys whose password is not at hand are stored without the proof that they work.</summary>
    public bool SkipProof { get; init; }

    /// <summary>Whether storage keys that have children become persistent, so that other programs can load the children.</summary>
    public bool Persist { get; init; }

    /// <summary>Called before each key with its number from 0 and its name.</summary>
    public Action<int, string>? Progress { get; init; }
}
