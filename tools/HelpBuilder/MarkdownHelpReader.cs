using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace HelpBuilder;

/// <summary>Reads a cmdlet's page in PlatyPS's Markdown schema 2.0.0. What is missing or misplaced is an error, not left out.</summary>
public static class MarkdownHelpReader
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UseYamlFrontMatter().Build();

    /// <exception cref="HelpFormatException">The page does not keep to the schema.</exception>
    public static HelpTopic Read(string markdown, string page)
    {
        var blocks = Markdown.Parse(markdown, Pipeline).ToList();
        Section root = Section.Split(blocks, 1).LastOrDefault()
            ?? throw new HelpFormatException(page, "there is no '# Cmdlet-Name' heading.");
        Dictionary<string, Section> sections = Section.Split(root.Blocks, 2).ToDictionary(section => section.Title, StringComparer.Ordinal);

        Section Need(string title) =>
            sections.TryGetValue(title, out Section? section) ? section : throw new HelpFormatException(page, $"there is no '## {title}'.");

        IReadOnlyList<Section> Parts(string title) => [.. Section.Split(Need(title).Blocks, 3)];

        IReadOnlyList<HelpType> Types(string title) =>
            [.. Parts(title).Select(part => new HelpType(part.Title, PlainText.Of(part.Blocks)))];

        return new HelpTopic
        {
            Name = root.Title,
            Synopsis = string.Join(' ', PlainText.Of(Need("SYNOPSIS").Blocks)),
            Description = PlainText.Of(Need("DESCRIPTION").Blocks),
            Syntaxes = ReadSyntaxes(Parts("SYNTAX")),
            Examples = [.. Parts("EXAMPLES").Select(part => ReadExample(part, page))],
            Parameters = [.. Parts("PARAMETERS").Where(part => part.Title != "CommonParameters").Select(part => ReadParameter(part, page))],
            Inputs = Types("INPUTS"),
            Outputs = Types("OUTPUTS"),
            Notes = PlainText.Of(Need("NOTES").Blocks),
            Links = [.. Need("RELATED LINKS").Blocks.SelectMany(block => block.Descendants<LinkInline>())
                .Select(link => new HelpLink(string.Concat(link.Descendants<LiteralInline>()), link.Url ?? string.Empty))],
        };
    }

    private static IReadOnlyList<HelpSyntax> ReadSyntaxes(IReadOnlyList<Section> parts)
    {
        const string defaultMark = " (Default)";
        return parts.Count == 0
            ? [new HelpSyntax(HelpParameterUse.AllSets, true)]
            : [.. parts.Select(part => part.Title.EndsWith(defaultMark, StringComparison.Ordinal)
                ? new HelpSyntax(part.Title[..^defaultMark.Length], true)
                : new HelpSyntax(part.Title, false))];
    }

    private static HelpExample ReadExample(Section part, string page)
    {
        FencedCodeBlock code = part.Blocks.OfType<FencedCodeBlock>().FirstOrDefault()
            ?? throw new HelpFormatException(page, $"the example '{part.Title}' has no code.");
        int colon = part.Title.IndexOf(':', StringComparison.Ordinal);
        string title = colon < 0 ? part.Title : part.Title[(colon + 1)..].Trim();
        return new HelpExample(title, PlainText.Of(code), PlainText.Of(part.Blocks.Where(block => block != code)));
    }

    private static HelpParameter ReadParameter(Section part, string page)
    {
        if (!part.Title.StartsWith('-'))
        {
            throw new HelpFormatException(page, $"the parameter heading '{part.Title}' does not begin with '-'.");
        }

        List<FencedCodeBlock> yaml = [.. part.Blocks.OfType<FencedCodeBlock>().Where(block => block.Info == "yaml")];
        if (yaml.Count == 0)
        {
            throw new HelpFormatException(page, $"the parameter {part.Title} has no yaml block.");
        }

        return new HelpParameter(
            part.Title[1..],
            PlainText.Of(part.Blocks.Where(block => block is not FencedCodeBlock { Info: "yaml" })),
            [.. yaml.Select(block => ReadUse(PlainText.Of(block), page, part.Title))]);
    }

    private static HelpParameterUse ReadUse(string yaml, string page, string parameter)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in yaml.Split('\n').Where(line => !string.IsNullOrWhiteSpace(line)))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || !fields.TryAdd(line[..colon].Trim(), line[(colon + 1)..].Trim()))
            {
                throw new HelpFormatException(page, $"the yaml line '{line}' of {parameter} is no field, or there twice.");
            }
        }

        string Field(string name) =>
            fields.TryGetValue(name, out string? value) ? value : throw new HelpFormatException(page, $"{parameter} has no yaml field '{name}'.");

        bool Flag(string name) =>
            bool.TryParse(Field(name), out bool value) ? value : throw new HelpFormatException(page, $"the field '{name}' of {parameter} is neither True nor False.");

        string position = Field("Position");
        if (position != "Named" && !int.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw new HelpFormatException(page, $"the position of {parameter} is neither a number nor Named.");
        }

        return new HelpParameterUse
        {
            Type = Field("Type"),
            ParameterSets = Names(Field("Parameter Sets")),
            Aliases = Names(Field("Aliases")),
            AcceptedValues = fields.TryGetValue("Accepted values", out string? values) ? Names(values) : [],
            Required = Flag("Required"),
            Position = position == "Named" ? "named" : position,
            DefaultValue = Field("Default value"),
            PipelineInput = Field("Accept pipeline input"),
            Wildcards = Flag("Accept wildcard characters"),
        };
    }

    private static string[] Names(string list) =>
        list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
