using System;
using System.IO;
using System.Reflection;
using System.Runtime.Loader;

namespace TpmMigration.Loading;

/// <summary>
/// Holds the engine and its libraries in the versions the module was built with. PowerShell ships some of them in other
/// versions, and other modules load others still: whatever lies in this context's folder comes from there and nowhere else.
/// </summary>
internal sealed class DependencyLoadContext(string directory) : AssemblyLoadContext("TpmMigration")
{
    private readonly string _windowsDirectory = Path.Combine(directory, "win");

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string file = assemblyName.Name + ".dll";
        string windowsPath = Path.Combine(_windowsDirectory, file);
        if (OperatingSystem.IsWindows() && File.Exists(windowsPath))
        {
            return LoadFromAssemblyPath(windowsPath);
        }

        string path = Path.Combine(directory, file);
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }
}
