using System;
using System.Collections.Generic;

namespace TpmMigration.Fuzz.Engine;

/// <summary>What a run has seen.</summary>
public sealed class FuzzReport
{
    public required string Target { get; init; }

    public required int Seed { get; init; }

    public long Inputs { get; internal set; }

    public TimeSpan Time { get; internal set; }

    /// <summary>Each outcome with how often it came.</summary>
    public Dictionary<string, long> Outcomes { get; } = new(StringComparer.Ordinal);

    /// <summary>Inputs kept because they showed something new.</summary>
    public int Kept { get; internal set; }

    /// <summary>Branches of the engine taken; 0 where it is not instrumented.</summary>
    public int Branches { get; internal set; }

    public List<Finding> Findings { get; } = [];

    public override string ToString() => FormattableString.Invariant(
        $"{Target} (seed {Seed}): {Inputs} inputs in {Time.TotalSeconds:0} s, {Outcomes.Count} distinct outcomes, {Kept} inputs kept, {Branches} branches, {Findings.Count} findings");
}
