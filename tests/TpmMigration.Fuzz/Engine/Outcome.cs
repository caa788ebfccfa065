using System;
using System.Text;

namespace TpmMigration.Fuzz.Engine;

/// <summary>What became of an input, told so that inputs that take the same way have the same words.</summary>
public static class Outcome
{
    private const int MostCharacters = 100;

    /// <summary>Runs a reader; only the errors that it promises are taken for an answer.</summary>
    /// <param name="reader">What is named in the outcome.</param>
    /// <param name="read">Returns more words for what was read.</param>
    /// <param name="promised">The very types of errors, not those derived from them.</param>
    public static string Of(string reader, Func<string> read, params Type[] promised)
    {
        try
        {
            return $"{reader}: {read()}";
        }
        catch (Exception e) when (Array.IndexOf(promised, e.GetType()) >= 0)
        {
            return $"{reader}: {e.GetType().Name} {Shape(e.Message)}";
        }
    }

    /// <summary>A message without its numbers and quoted parts.</summary>
    internal static string Shape(string message)
    {
        var shape = new StringBuilder();
        char until = '\0';
        foreach (char c in message)
        {
            if (shape.Length >= MostCharacters) break;
            if (until != '\0')
            {
                if (c == until) until = '\0';
                continue;
            }
            if (char.IsAsciiDigit(c) || (shape.Length > 1 && shape[^1] == 'x' && shape[^2] == '#') || (char.IsAsciiHexDigit(c) && shape.Length > 0 && shape[^1] == '#'))
            {
                if (shape.Length > 1 && shape[^1] == 'x' && shape[^2] == '#') shape.Length--;
                if (shape.Length == 0 || shape[^1] != '#') shape.Append('#');
                continue;
            }
            shape.Append(char.IsAscii(c) && !char.IsControl(c) ? c : '?');
            until = c switch { '\'' => '\'', '<' => '>', '\u201C' => '\u201D', _ => '\0' };
        }
        return shape.ToString();
    }
}
