using System;
using System.IO;

namespace TpmMigration.Testing;

/// <summary>A folder of its own under the system's temporary folder, removed on disposal.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder(string prefix) => FullPath = Directory.CreateTempSubdirectory(prefix).FullName;

    public string FullPath { get; }

    public string this[string name] => Path.Combine(FullPath, name);

    public void Dispose()
    {
        if (Directory.Exists(FullPath)) Directory.Delete(FullPath, recursive: true);
    }
}
