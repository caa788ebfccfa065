using System;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace TpmMigration.Loading;

/// <summary>
/// Holds the engine and its libraries in the versions the module was built with. PowerShell ships some of them in other
/// versions, and other modules load others still: whatever lies in this context's folder comes from there and nowhere else.
/// </summary>
internal sealed class DependencyLoadContext(string directory) : AssemblyLoadContext("TpmMigration")
{
    // What was compiled for this platform, what a package has for Windows only, and what runs everywhere.
    private readonly string[] _directories = [Path.Combine(directory, Platform), .. OperatingSystem.IsWindows() ? [Path.Combine(directory, "win")] : Array.Empty<string>(), directory];

    /// <summary>What folders for this platform are called.</summary>
    internal static string Platform => (OperatingSystem.IsWindows() ? "win-" : OperatingSystem.IsLinux() ? "linux-" : "other-")
        + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string? path = Array.Find(Array.ConvertAll(_directories, folder => Path.Combine(folder, assemblyName.Name + ".dll")), File.Exists);
        return path != null ? LoadFromAssemblyPath(path) : null;
    }
}
