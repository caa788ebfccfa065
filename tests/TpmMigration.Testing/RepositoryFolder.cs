using System;
using System.IO;

namespace TpmMigration.Testing;

/// <summary>The repository's folder, found by walking up from the test program.</summary>
public static class RepositoryFolder
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "TpmMigration.psd1")) && Directory.Exists(System.IO.Path.Combine(folder.FullName, "tests")))
                return folder.FullName;
        }
        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} is the repository.");
    }
}
