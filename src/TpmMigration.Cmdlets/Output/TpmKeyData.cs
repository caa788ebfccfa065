using TpmMigration.Keys;

namespace TpmMigration.Cmdlets;

/// <summary>Data that belongs to a key, without its content.</summary>
public sealed class TpmKeyData
{
    /// <summary>The key's name in the store.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>The name of the data, unique for the key.</summary>
    public string DataName { get; set; } = string.Empty;

    /// <summary>KeyPassword, CertificateChain, KeyContainer, KeyFile, Data, or a type that another program gave it.</summary>
    public string Type { get; set; } = string.Empty;

    /// <summary>Of the content, in bytes.</summary>
    public int Length { get; set; }

    public string MediaType { get; set; } = string.Empty;

    internal static TpmKeyData From(string key, KeyDataInfo info) => new()
    {
        Name = key,
        DataName = info.Name,
        Type = info.Type,
        Length = info.Length,
        MediaType = info.MediaType,
    };
}
