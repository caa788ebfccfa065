using System;

namespace TpmMigration.Documents;

/// <summary>A document is not of its format: what is wrong, in which element, on which line.</summary>
public class DocumentFormatException : Exception
{
    public DocumentFormatException(string message, int line = 0, Exception? innerException = null)
        : base(line > 0 ? FormattableString.Invariant($"{message} (line {line})") : message, innerException) => Line = line;

    /// <summary>From 1; 0 if unknown.</summary>
    public int Line { get; }
}
