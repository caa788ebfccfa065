using System.Collections.Generic;
using Markdig.Syntax;

namespace HelpBuilder;

/// <summary>A heading and the blocks under it, up to the next heading of its level.</summary>
internal sealed record Section(string Title, List<Block> Blocks)
{
    /// <summary>Cuts blocks at the headings of one level; blocks before the first such heading are dropped.</summary>
    public static IEnumerable<Section> Split(IEnumerable<Block> blocks, int level)
    {
        Section? current = null;
        foreach (Block block in blocks)
        {
            if (block is HeadingBlock heading && heading.Level == level)
            {
                if (current is not null)
                {
                    yield return current;
                }

                current = new Section(PlainText.Of(heading), []);
            }
            else
            {
                current?.Blocks.Add(block);
            }
        }

        if (current is not null)
        {
            yield return current;
        }
    }
}
