using System;
using System.Linq;
using System.Text;
using Markdig;
using Markdig.Syntax;

namespace HelpBuilder;

/// <summary>Writes an about_ topic as the text file that Get-Help shows: headings in capitals, paragraphs wrapped and indented.</summary>
public static class AboutWriter
{
    private const int Width = 80;
    private const string Indent = "    ";

    /// <summary>The page is '# about_Name', then '## Short description', '## Long description' and what else it needs.</summary>
    /// <exception cref="HelpFormatException">The page lacks its title or short description.</exception>
    public static string Write(string markdown, string page)
    {
        Section root = Section.Split(Markdown.Parse(markdown), 1).FirstOrDefault()
            ?? throw new HelpFormatException(page, "there is no '# about_Name' heading.");
        var text = new StringBuilder();
        AppendHeading(text, "TOPIC");
        AppendWrapped(text, root.Title, Indent, Indent);
        if (root.Blocks is not [HeadingBlock first, ..] || !Same(PlainText.Of(first), "Short description"))
        {
            throw new HelpFormatException(page, "the first section is not '## Short description'.");
        }

        foreach (Block block in root.Blocks)
        {
            Append(text, block);
        }

        return text.ToString().TrimStart('\n');
    }

    private static void Append(StringBuilder text, Block block)
    {
        switch (block)
        {
            case HeadingBlock heading:
                AppendHeading(text, PlainText.Of(heading).ToUpperInvariant());
                break;
            case CodeBlock code:
                text.Append('\n');
                foreach (string line in PlainText.Of(code).Split('\n'))
                {
                    text.Append((Indent + Indent + line).TrimEnd()).Append('\n');
                }

                break;
            case ListBlock list:
                text.Append('\n');
                foreach (string item in PlainText.Of([list]))
                {
                    AppendWrapped(text, item, Indent, Indent + "  ");
                }

                break;
            default:
                foreach (string paragraph in PlainText.Of([block]))
                {
                    // The first paragraph follows its heading at once, as Get-Help expects of SHORT DESCRIPTION.
                    if (!text.ToString().EndsWith("DESCRIPTION\n", StringComparison.Ordinal))
                    {
                        text.Append('\n');
                    }

                    AppendWrapped(text, paragraph, Indent, Indent);
                }

                break;
        }
    }

    private static void AppendHeading(StringBuilder text, string title) => text.Append('\n').Append(title).Append('\n');

    private static void AppendWrapped(StringBuilder text, string paragraph, string firstIndent, string indent)
    {
        var line = new StringBuilder(firstIndent);
        bool empty = true;
        foreach (string word in paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!empty && line.Length + 1 + word.Length > Width)
            {
                text.Append(line).Append('\n');
                line.Clear().Append(indent);
                empty = true;
            }

            line.Append(empty ? string.Empty : " ").Append(word);
            empty = false;
        }

        text.Append(line).Append('\n');
    }

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
