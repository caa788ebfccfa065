using System.Globalization;
using System.IO;

namespace TpmMigration.Authority.Hosting;

/// <summary>Files that commands take: certificates, public areas, approvals.</summary>
internal static class SmallFile
{
    private const int MostBytes = 1024 * 1024;

    /// <exception cref="CommandException">There is none, or it is none of these by its size.</exception>
    internal static byte[] Read(FileInfo file)
    {
        if (!file.Exists) throw new CommandException($"There is no file '{file.FullName}'.");
        return file.Length <= MostBytes
            ? File.ReadAllBytes(file.FullName)
            : throw new CommandException(string.Create(CultureInfo.InvariantCulture, $"'{file.FullName}' is larger than {MostBytes} bytes, and none of the files that belong here."));
    }
}
