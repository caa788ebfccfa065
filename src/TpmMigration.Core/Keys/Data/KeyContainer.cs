using System.Linq;
using System.Text;

namespace TpmMigration.Keys;

/// <summary>Where Windows keeps a key: the container's name and its key storage provider. Stored as two lines of UTF-8.</summary>
public sealed record KeyContainer(string Name, string Provider)
{
    public const string PlatformCryptoProvider = "Microsoft Platform Crypto Provider";

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(Name + "\n" + Provider + "\n");

    /// <summary>Reads one line, the name (of the platform's provider), or two, name and provider.</summary>
    /// <exception cref="KeyDataException">It is neither.</exception>
    public static KeyContainer Parse(byte[] content)
    {
        string[] lines = Encoding.UTF8.GetString(content).TrimEnd('\r', '\n').Split('\n').Select(line => line.Trim()).ToArray();
        if (lines.Length > 2 || lines.Any(line => line.Length == 0 || line.Any(char.IsControl) || line.Contains('\uFFFD')))
            throw new KeyDataException(KeyDataFault.NotValid, "A key container is one line with its name, or two with its name and that of its provider, in UTF-8.");
        return new KeyContainer(lines[0], lines.Length == 2 ? lines[1] : PlatformCryptoProvider);
    }
}
