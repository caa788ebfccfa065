namespace TpmMigration.Documents;

/// <summary>An element that knows the prefix of its name in the document it was read from.</summary>
internal interface IPrefixed
{
    /// <summary>Empty where the name had none.</summary>
    string Prefix { get; }
}
