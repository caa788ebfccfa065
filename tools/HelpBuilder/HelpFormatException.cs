using System;

namespace HelpBuilder;

/// <summary>A Markdown page does not keep to the schema; the message names the page and what is wrong.</summary>
public sealed class HelpFormatException(string page, string fault) : Exception($"{page}: {fault}");
