using System;
using System.IO;
using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace TpmMigration.Loading;

/// <summary>
/// Loads the cmdlets as they were compiled for this platform, and answers the runtime's question where TpmMigration.Core is, when a
/// cmdlet first uses it. The cmdlets themselves are in the default context, where they see only the engine; the engine's libraries stay out of it.
/// </summary>
/// <remarks>
/// A nested module of its own, before that of the cmdlets: PowerShell reads the cmdlets' types, for which it needs the engine's
/// enumerations, before it would call an initializer in the cmdlets' own assembly.
/// </remarks>
public sealed class ModuleLoader : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private const string Engine = "TpmMigration.Core";
    private const string Cmdlets = "TpmMigration.Cmdlets.dll";

    private static readonly string Folder = Path.GetDirectoryName(typeof(ModuleLoader).Assembly.Location)!;

    // Assemblies cannot be unloaded under a running PowerShell; a second import finds those of the first.
    private static readonly Lazy<DependencyLoadContext> Context = new(() => new DependencyLoadContext(
        Path.Combine(Folder, "dependencies")));

    public void OnImport()
    {
        AssemblyLoadContext.Default.Resolving += Resolve;
        // The cmdlets as compiled for this platform, where they are: the runtime takes them for the portable ones, which PowerShell asks
        // for next, since both are of one build.
        string compiled = Path.Combine(Folder, DependencyLoadContext.Platform, Cmdlets);
        if (File.Exists(compiled)) AssemblyLoadContext.Default.LoadFromAssemblyPath(compiled);
    }

    public void OnRemove(PSModuleInfo psModuleInfo) => AssemblyLoadContext.Default.Resolving -= Resolve;

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name) =>
        name.Name == Engine ? Context.Value.LoadFromAssemblyName(name) : null;
}
