using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;
using HelpBuilder;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Help;

/// <summary>The help tells of the cmdlets as they are: no parameter missing, none too many, none told otherwise.</summary>
public sealed class HelpTests : IDisposable
{
    private static readonly IReadOnlyDictionary<string, HelpTopic> Topics =
        HelpFolder.ReadTopics(Repository.HelpPages).ToDictionary(topic => topic.Name);

    private readonly ModuleSession _session = new();

    public static TheoryData<string> Pages => [.. Topics.Keys];

    [Fact]
    public void Every_cmdlet_has_a_page_and_every_page_a_cmdlet()
    {
        IEnumerable<string> cmdlets = _session.Run("(Get-Module TpmMigration).ExportedCmdlets.Keys").ThrowIfFailed().Output
            .Select(name => (string)name.BaseObject);
        Assert.Equal(cmdlets.Order(StringComparer.Ordinal), Topics.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void The_parameters_are_those_of_the_cmdlet(string name)
    {
        CmdletInfo cmdlet = Cmdlet(name);
        Assert.Equal(
            Describe(cmdlet).Order(StringComparer.Ordinal),
            Describe(Topics[name]).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void The_syntax_is_that_of_the_cmdlet(string name)
    {
        string page = File.ReadAllText(Path.Combine(Repository.HelpPages, name + ".md"));
        CmdletInfo cmdlet = Cmdlet(name);
        Assert.All(cmdlet.ParameterSets, set => Assert.Contains($"```\n{name} {set}\n```", page, StringComparison.Ordinal));
        IEnumerable<(string, bool)> sets = cmdlet.ParameterSets.Select(set => (SetName(set.Name), set.IsDefault || cmdlet.ParameterSets.Count == 1));
        Assert.Equal(sets, Topics[name].Syntaxes.Select(syntax => (syntax.ParameterSet, syntax.IsDefault)));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void The_values_of_enumerations_and_sets_are_listed(string name)
    {
        foreach (ParameterMetadata parameter in Cmdlet(name).Parameters.Values)
        {
            Type type = parameter.ParameterType.GetElementType() ?? Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
            string[] values = parameter.Attributes.OfType<ValidateSetAttribute>().SingleOrDefault()?.ValidValues.ToArray()
                ?? (type.IsEnum ? Enum.GetNames(type) : []);
            foreach (HelpParameterUse use in Topics[name].Parameters.Where(help => help.Name == parameter.Name).SelectMany(help => help.Uses))
            {
                Assert.Equal(values, use.AcceptedValues);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void There_is_a_synopsis_a_description_and_text_for_each_parameter(string name)
    {
        HelpTopic topic = Topics[name];
        Assert.NotEmpty(topic.Synopsis);
        Assert.NotEmpty(topic.Description);
        Assert.All(topic.Parameters, parameter => Assert.NotEmpty(parameter.Description));
        Assert.NotEmpty(topic.Outputs);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void There_are_two_examples_or_more_that_use_the_cmdlet_with_parameters_it_has(string name)
    {
        HelpTopic topic = Topics[name];
        Assert.True(topic.Examples.Count >= 2, $"{name} has {topic.Examples.Count} examples.");
        Assert.All(topic.Examples, example =>
        {
            Ast script = Parser.ParseInput(example.Code, out _, out ParseError[] errors);
            Assert.Empty(errors);
            List<CommandAst> commands = [.. script.FindAll(node => node is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>()];
            Assert.Contains(commands, command => command.GetCommandName() == name);
            foreach (CommandAst command in commands.Where(command => Topics.ContainsKey(command.GetCommandName())))
            {
                CmdletInfo cmdlet = Cmdlet(command.GetCommandName());
                foreach (CommandParameterAst parameter in command.CommandElements.OfType<CommandParameterAst>())
                {
                    Assert.NotNull(cmdlet.ResolveParameter(parameter.ParameterName));
                }
            }
        });
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Get_Help_shows_what_the_page_says(string name)
    {
        HelpTopic topic = Topics[name];
        PSObject help = Assert.Single(_session.Run("param($Name) Get-Help $Name -Full", new { Name = name }).ThrowIfFailed().Output);
        Assert.Equal(topic.Synopsis, help.Properties["Synopsis"].Value.ToString()!.Trim());

        const string script = """
            param($Name)
            (Get-Help $Name -Full).Parameters.Parameter | ForEach-Object { "$($_.Name) $($_.Required) $($_.Position) $($_.PipelineInput)" }
            """;
        IEnumerable<string> shown = _session.Run(script, new { Name = name }).ThrowIfFailed().Output.Select(line => line.ToString());
        IEnumerable<string> expected = topic.Parameters
            .Select(parameter => (parameter.Name, Use: parameter.Uses[0]))
            .Select(help => $"{help.Name} {(help.Use.Required ? "true" : "false")} {help.Use.Position} {help.Use.PipelineInput}");
        Assert.Equal(expected, shown);

        IEnumerable<string> codes = _session.Run("param($Name) (Get-Help $Name -Examples).Examples.Example.Code", new { Name = name }).ThrowIfFailed().Output
            .Select(code => code.ToString());
        Assert.Equal(topic.Examples.Select(example => example.Code), codes);
    }

    [Fact]
    public void The_help_files_are_those_the_pages_make()
    {
        string folder = Path.Combine(Repository.Root, "en-US");
        IReadOnlyDictionary<string, string> files = HelpFolder.Generate(Repository.HelpPages);
        Assert.Equal(files.Keys, Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(files, file => Assert.Equal(file.Value, File.ReadAllText(Path.Combine(folder, file.Key))));
    }

    [Fact]
    public void Related_links_lead_to_pages() =>
        Assert.All(Topics.Values.SelectMany(topic => topic.Links), link => Assert.True(
            File.Exists(Path.Combine(Repository.HelpPages, link.Address)) || Uri.IsWellFormedUriString(link.Address, UriKind.Absolute), link.Address));

    public void Dispose() => _session.Dispose();

    private CmdletInfo Cmdlet(string name) => Assert.IsType<CmdletInfo>(
        Assert.Single(_session.Run("param($Name) Get-Command $Name", new { Name = name }).ThrowIfFailed().Output).BaseObject);

    /// <summary>One line for each use of a parameter, in the same form from the cmdlet and from its page.</summary>
    private static IEnumerable<string> Describe(CmdletInfo cmdlet) =>
        from parameter in cmdlet.Parameters.Values
        where !PSCmdlet.CommonParameters.Contains(parameter.Name)
        from set in parameter.ParameterSets
        let use = set.Value
        select Line(
            parameter.Name,
            (Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType).Name,
            SetName(set.Key),
            parameter.Aliases,
            use.IsMandatory,
            use.Position == int.MinValue ? "named" : $"{use.Position}",
            (use.ValueFromPipeline, use.ValueFromPipelineByPropertyName) switch
            {
                (true, true) => "True (ByPropertyName, ByValue)",
                (true, false) => "True (ByValue)",
                (false, true) => "True (ByPropertyName)",
                _ => "False",
            },
            parameter.Attributes.OfType<SupportsWildcardsAttribute>().Any());

    private static IEnumerable<string> Describe(HelpTopic topic) =>
        from parameter in topic.Parameters
        from use in parameter.Uses
        from set in use.ParameterSets
        select Line(parameter.Name, use.Type, set, use.Aliases, use.Required, use.Position, use.PipelineInput, use.Wildcards);

    private static string Line(
        string name, string type, string set, IEnumerable<string> aliases, bool required, string position, string pipeline, bool wildcards) =>
        $"-{name} <{type}> set {set}, aliases [{string.Join(", ", aliases)}], required {required}, position {position}, pipeline {pipeline}, wildcards {wildcards}";

    private static string SetName(string name) => name == ParameterAttribute.AllParameterSets ? HelpParameterUse.AllSets : name;
}
