using System.Collections.Generic;
using System.Linq;
using System.Text;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace HelpBuilder;

/// <summary>Turns Markdown blocks into the plain paragraphs that MAML and about topics can show.</summary>
internal static class PlainText
{
    public static IReadOnlyList<string> Of(IEnumerable<Block> blocks) => [.. blocks.SelectMany(Of)];

    public static string Of(LeafBlock block)
    {
        if (block is CodeBlock)
        {
            return block.Lines.ToString().TrimEnd();
        }

        var text = new StringBuilder();
        Append(text, block.Inline);
        return text.ToString().Trim();
    }

    private static IEnumerable<string> Of(Block block) => block switch
    {
        LinkReferenceDefinitionGroup => [],
        LeafBlock leaf => [Of(leaf)],
        ListBlock list => list.OfType<ListItemBlock>().Select((item, index) =>
            (list.IsOrdered ? $"{index + 1}. " : "- ") + string.Join(' ', Of((IEnumerable<Block>)item))),
        ContainerBlock container => Of((IEnumerable<Block>)container),
        _ => [],
    };

    private static void Append(StringBuilder text, ContainerInline? inlines)
    {
        foreach (Inline inline in inlines ?? Enumerable.Empty<Inline>())
        {
            switch (inline)
            {
                case LiteralInline literal:
                    text.Append(literal.Content);
                    break;
                case CodeInline code:
                    text.Append(code.Content);
                    break;
                case AutolinkInline link:
                    text.Append(link.Url);
                    break;
                case LineBreakInline:
                    text.Append(' ');
                    break;
                case HtmlEntityInline entity:
                    text.Append(entity.Transcoded);
                    break;
                case ContainerInline container:
                    Append(text, container);
                    break;
            }
        }
    }
}
