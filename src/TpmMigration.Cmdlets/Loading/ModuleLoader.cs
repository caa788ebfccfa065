using System;
using System.IO;
using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace TpmMigration.Loading;

/// <summary>
/// Answers the runtime's question where TpmMigration.Core is, when a cmdlet first uses it. PowerShell loads the cmdlets
/// themselves into the default context, where they see only the engine; the engine's libraries stay out of it.
/// </summary>
/// <remarks>
/// PowerShell reads all public types of the assembly before it calls <see cref="OnImport"/>. A cmdlet must therefore not
/// derive from a type of Core, implement one of its interfaces, or have a field of one of its structures.
/// </remarks>
public sealed class ModuleLoader : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private const string Engine = "TpmMigration.Core";

    // Assemblies cannot be unloaded under a running PowerShell; a second import finds those of the first.
    private static readonly Lazy<DependencyLoadContext> Context = new(() => new DependencyLoadContext(
        Path.Combine(Path.GetDirectoryName(typeof(ModuleLoader).Assembly.Location)!, "dependencies")));

    public void OnImport() => AssemblyLoadContext.Default.Resolving += Resolve;

    public void OnRemove(PSModuleInfo psModuleInfo) => AssemblyLoadContext.Default.Resolving -= Resolve;

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name) =>
        name.Name == Engine ? Context.Value.LoadFromAssemblyName(name) : null;
}
