using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;

namespace HelpBuilder;

/// <summary>Writes the help of all cmdlets as the MAML file that Get-Help reads.</summary>
public static class MamlWriter
{
    private static readonly XNamespace Msh = "http://msh";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    public static XDocument Write(IEnumerable<HelpTopic> topics) => new(
        new XDeclaration("1.0", "utf-8", null),
        new XElement(
            Msh + "helpItems",
            new XAttribute("schema", "maml"),
            topics.Select(Topic)));

    private static XElement Topic(HelpTopic topic)
    {
        string[] name = topic.Name.Split('-', 2);
        return new XElement(
            Command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", Maml),
            new XAttribute(XNamespace.Xmlns + "command", Command),
            new XAttribute(XNamespace.Xmlns + "dev", Dev),
            new XElement(
                Command + "details",
                new XElement(Command + "name", topic.Name),
                new XElement(Command + "verb", name[0]),
                new XElement(Command + "noun", name[^1]),
                Paragraphs(Maml + "description", [topic.Synopsis])),
            Paragraphs(Maml + "description", topic.Description),
            new XElement(Command + "syntax", topic.Syntaxes.Select(syntax => Syntax(topic, syntax))),
            new XElement(
                Command + "parameters",
                topic.Parameters.SelectMany(parameter => parameter.Uses.Take(1).Select(use => Parameter(parameter, use)))),
            new XElement(Command + "inputTypes", topic.Inputs.Select(type => Type(Command + "inputType", type))),
            new XElement(Command + "returnValues", topic.Outputs.Select(type => Type(Command + "returnValue", type))),
            new XElement(Maml + "alertSet", new XElement(Maml + "alert", topic.Notes.Select(Paragraph))),
            new XElement(Command + "examples", topic.Examples.Select(Example)),
            new XElement(Command + "relatedLinks", topic.Links.Select(Link)));
    }

    private static XElement Syntax(HelpTopic topic, HelpSyntax syntax) => new(
        Command + "syntaxItem",
        new XElement(Maml + "name", topic.Name),
        topic.Parameters.SelectMany(parameter => parameter.Uses
            .Where(use => use.IsIn(syntax.ParameterSet))
            .Take(1)
            .Select(use => Parameter(parameter, use))));

    private static XElement Parameter(HelpParameter parameter, HelpParameterUse use)
    {
        bool isSwitch = use.Type == "SwitchParameter";
        return new XElement(
            Command + "parameter",
            new XAttribute("required", Lower(use.Required)),
            new XAttribute("variableLength", "true"),
            new XAttribute("globbing", Lower(use.Wildcards)),
            new XAttribute("pipelineInput", use.PipelineInput),
            new XAttribute("position", use.Position),
            new XAttribute("aliases", use.Aliases.Count == 0 ? "none" : string.Join(", ", use.Aliases)),
            new XElement(Maml + "name", parameter.Name),
            Paragraphs(Maml + "description", parameter.Description),
            use.AcceptedValues.Count == 0
                ? null
                : new XElement(
                    Command + "parameterValueGroup",
                    use.AcceptedValues.Select(value => new XElement(
                        Command + "parameterValue",
                        new XAttribute("required", "false"),
                        new XAttribute("variableLength", "false"),
                        value))),
            isSwitch ? null : new XElement(
                Command + "parameterValue",
                new XAttribute("required", "true"),
                new XAttribute("variableLength", "false"),
                use.Type),
            new XElement(Dev + "type", new XElement(Maml + "name", use.Type), new XElement(Maml + "uri")),
            new XElement(Dev + "defaultValue", use.DefaultValue));
    }

    private static XElement Type(XName name, HelpType type) => new(
        name,
        new XElement(Dev + "type", new XElement(Maml + "name", type.Name)),
        Paragraphs(Maml + "description", type.Description));

    private static XElement Example(HelpExample example, int index) => new(
        Command + "example",
        new XElement(Maml + "title", $"Example {index + 1}: {example.Title}"),
        new XElement(Dev + "code", example.Code),
        new XElement(Dev + "remarks", example.Remarks.Select(Paragraph)));

    private static XElement Link(HelpLink link) => new(
        Maml + "navigationLink",
        new XElement(Maml + "linkText", link.Text),
        new XElement(Maml + "uri", link.Address));

    private static XElement Paragraphs(XName name, IEnumerable<string> paragraphs) => new(name, paragraphs.Select(Paragraph));

    private static XElement Paragraph(string text) => new(Maml + "para", text);

    private static string Lower(bool value) => value ? "true" : "false";
}
