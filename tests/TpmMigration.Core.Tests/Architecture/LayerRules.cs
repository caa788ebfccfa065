using System;
using System.Collections.Generic;
using System.Linq;

namespace TpmMigration.Tests.Architecture;

/// <summary>Which parts of a namespace may use which others.</summary>
/// <param name="Root">The namespace above the parts.</param>
/// <param name="Allowed">For each part, the parts it may use besides itself.</param>
internal sealed record LayerRules(string Root, IReadOnlyDictionary<string, string[]> Allowed)
{
    /// <summary>A line for each use that is not allowed, and for each part that has no rule.</summary>
    public IReadOnlyList<string> Violations(IEnumerable<Type> types)
    {
        var violations = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Type type in types)
        {
            if (PartOf(type) is not { } part)
            {
                continue;
            }

            if (!Allowed.TryGetValue(part, out string[]? allowed))
            {
                violations.Add($"{part} has no rule");
                continue;
            }

            foreach (Type used in TypeReferences.Of(type))
            {
                if (PartOf(used) is { } usedPart && usedPart != part && !allowed.Contains(usedPart))
                {
                    violations.Add($"{part} uses {usedPart}: {Outermost(type).Name} -> {Outermost(used).Name}");
                }
            }
        }

        return [.. violations];
    }

    private string? PartOf(Type type) => Outermost(type).Namespace is { } space && space.StartsWith(Root + ".", StringComparison.Ordinal)
        ? space[(Root.Length + 1)..].Split('.')[0]
        : null;

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;
}
