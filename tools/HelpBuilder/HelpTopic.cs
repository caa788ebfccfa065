using System.Collections.Generic;

namespace HelpBuilder;

/// <summary>The help of one cmdlet, as its Markdown page in PlatyPS's schema 2.0.0 tells it.</summary>
public sealed record HelpTopic
{
    public required string Name { get; init; }

    public required string Synopsis { get; init; }

    public required IReadOnlyList<string> Description { get; init; }

    public required IReadOnlyList<HelpSyntax> Syntaxes { get; init; }

    public required IReadOnlyList<HelpExample> Examples { get; init; }

    public required IReadOnlyList<HelpParameter> Parameters { get; init; }

    public required IReadOnlyList<HelpType> Inputs { get; init; }

    public required IReadOnlyList<HelpType> Outputs { get; init; }

    public required IReadOnlyList<string> Notes { get; init; }

    public required IReadOnlyList<HelpLink> Links { get; init; }
}

/// <summary>A parameter set, by name.</summary>
public sealed record HelpSyntax(string ParameterSet, bool IsDefault);

/// <summary>A worked example: its title, what to type, and what that does.</summary>
public sealed record HelpExample(string Title, string Code, IReadOnlyList<string> Remarks);

/// <summary>A parameter; it has one use for all parameter sets, or several that differ.</summary>
public sealed record HelpParameter(string Name, IReadOnlyList<string> Description, IReadOnlyList<HelpParameterUse> Uses);

/// <summary>How a parameter is used in some parameter sets; the fields are those of PlatyPS's YAML block.</summary>
public sealed record HelpParameterUse
{
    public const string AllSets = "(All)";

    public required string Type { get; init; }

    public required IReadOnlyList<string> ParameterSets { get; init; }

    public required IReadOnlyList<string> Aliases { get; init; }

    public required IReadOnlyList<string> AcceptedValues { get; init; }

    public required bool Required { get; init; }

    /// <summary>A number from 0, or "named".</summary>
    public required string Position { get; init; }

    public required string DefaultValue { get; init; }

    /// <summary>"False", "True (ByValue)", "True (ByPropertyName)" or "True (ByPropertyName, ByValue)".</summary>
    public required string PipelineInput { get; init; }

    public required bool Wildcards { get; init; }

    public bool IsIn(string parameterSet)
    {
        foreach (string set in ParameterSets)
        {
            if (set == AllSets || set == parameterSet)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A type that goes in or comes out, and what it means there.</summary>
public sealed record HelpType(string Name, IReadOnlyList<string> Description);

/// <summary>A related topic, or a page when the address is not empty.</summary>
public sealed record HelpLink(string Text, string Address);
