namespace TpmMigration.Documents;

/// <summary>A document is larger, deeper or fuller than the reader takes in.</summary>
public sealed class DocumentLimitException : DocumentFormatException
{
    public DocumentLimitException(string message, int line = 0) : base(message, line) { }
}
