using System.Linq;

namespace TpmMigration.Keys;

/// <summary>What is known of data of a key without its content.</summary>
/// <param name="Type">One of <see cref="KeyDataType"/>, or another: letters, digits, dot and hyphen, at most 64.</param>
/// <param name="Name">Unique among the data of a key, whatever its case; the rule is that of <see cref="KeyName"/>.</param>
/// <param name="MediaType">Printable ASCII, at most 128 characters; may be empty.</param>
/// <param name="Length">Of the content, in bytes.</param>
public sealed record KeyDataInfo(string Type, string Name, string MediaType, int Length)
{
    /// <summary>The most that data may have, in bytes: 64 MiB.</summary>
    public const int MostBytes = 64 * 1024 * 1024;

    private const int LongestType = 64, LongestMediaType = 128;

    /// <exception cref="KeyDataException">The type, name or media type cannot be used, or the content is too large.</exception>
    public void Check()
    {
        if (Type.Length is 0 or > LongestType || !Type.All(c => c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '.' or '-'))
            throw new KeyDataException(KeyDataFault.NotValid, $"A type of data is 1 to {LongestType} letters, digits, dots and hyphens.");
        if (!KeyName.IsValid(Name))
            throw new KeyDataException(KeyDataFault.NotValid, $"Data needs a name of letters, digits, space and . _ - @ + = , ( ), at most {KeyName.MaxLength} characters.");
        if (MediaType.Length > LongestMediaType || !MediaType.All(c => c is >= ' ' and <= '~'))
            throw new KeyDataException(KeyDataFault.NotValid, $"A media type is printable ASCII, at most {LongestMediaType} characters.");
        if (Length is < 0 or > MostBytes)
            throw new KeyDataException(KeyDataFault.TooLarge, $"The data '{Name}' has {Length} bytes; at most {MostBytes / (1024 * 1024)} MiB can be kept with a key.");
    }
}
