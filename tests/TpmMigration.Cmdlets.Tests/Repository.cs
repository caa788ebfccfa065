using System.IO;
using System.Linq;
using System.Reflection;

namespace TpmMigration.Cmdlets.Tests;

/// <summary>Where the build put things, as the project file told the compiler.</summary>
internal static class Repository
{
    public static string Root { get; } = Metadata("Repository");

    public static string Module { get; } = Path.Combine(Root, "out", "TpmMigration");

    public static string HelpPages { get; } = Path.Combine(Root, "docs", "help");

    public static string PowerShellHost { get; } = Path.Combine(
        Root, "tools", "PowerShellHost", "bin", Metadata("Configuration"), "net10.0", "PowerShellHost.dll");

    /// <summary>The program of a Migration Authority.</summary>
    public static string MigrationAuthority { get; } = Path.Combine(
        Root, "src", "TpmMigration.Authority", "bin", Metadata("Configuration"), "net10.0", "tpm-ma.dll");

    private static string Metadata(string key) => typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key)
        .Value!;
}
