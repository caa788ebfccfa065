namespace TpmMigration.Documents;

/// <summary>How much of what a reader takes in from an XML document; the defaults are ample for every honest one.</summary>
public sealed record DocumentLimits
{
    /// <summary>Bytes of the document. The default is 256 MiB.</summary>
    public long MostBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Elements within elements, the document element being the first.</summary>
    public int MostDepth { get; init; } = 16;

    /// <summary>Attributes of one element.</summary>
    public int MostAttributes { get; init; } = 16;

    /// <summary>Characters of one attribute.</summary>
    public int MostAttributeLength { get; init; } = 16 * 1024;
}
