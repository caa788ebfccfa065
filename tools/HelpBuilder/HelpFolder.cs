using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace HelpBuilder;

/// <summary>All help files of the module, generated from the Markdown pages of a folder.</summary>
public static class HelpFolder
{
    public const string MamlFile = "TpmMigration.Cmdlets.dll-Help.xml";

    /// <summary>Reads the pages of all cmdlets, in the order of their names.</summary>
    /// <exception cref="HelpFormatException">A page does not keep to the schema, or its title is not its file name.</exception>
    public static IReadOnlyList<HelpTopic> ReadTopics(string directory)
    {
        var topics = new List<HelpTopic>();
        foreach (string path in Pages(directory, about: false))
        {
            HelpTopic topic = MarkdownHelpReader.Read(File.ReadAllText(path), Path.GetFileName(path));
            if (topic.Name != Path.GetFileNameWithoutExtension(path))
            {
                throw new HelpFormatException(Path.GetFileName(path), $"the title is '{topic.Name}'.");
            }

            topics.Add(topic);
        }

        return topics;
    }

    /// <summary>Generates the help files in memory: file name and content.</summary>
    /// <exception cref="HelpFormatException">A page does not keep to its schema.</exception>
    public static IReadOnlyDictionary<string, string> Generate(string directory)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [MamlFile] = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + MamlWriter.Write(ReadTopics(directory)).ToString().ReplaceLineEndings("\n") + "\n",
        };
        foreach (string path in Pages(directory, about: true))
        {
            files[Path.GetFileNameWithoutExtension(path) + ".help.txt"] = AboutWriter.Write(File.ReadAllText(path), Path.GetFileName(path));
        }

        return files;
    }

    /// <summary>Generates the help files into a folder, and deletes those for which there is no page any more.</summary>
    public static void Write(string source, string target)
    {
        IReadOnlyDictionary<string, string> files = Generate(source);
        Directory.CreateDirectory(target);
        foreach (string stale in Directory.GetFiles(target).Where(path => !files.ContainsKey(Path.GetFileName(path))))
        {
            File.Delete(stale);
        }

        foreach ((string name, string content) in files)
        {
            // With byte order mark: Windows PowerShell reads about topics without one in the system's code page.
            File.WriteAllText(Path.Combine(target, name), content, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        }
    }

    private static IEnumerable<string> Pages(string directory, bool about) => Directory.GetFiles(directory, "*.md")
        .Where(path => Path.GetFileName(path).StartsWith("about_", StringComparison.Ordinal) == about)
        .Order(StringComparer.Ordinal);
}
