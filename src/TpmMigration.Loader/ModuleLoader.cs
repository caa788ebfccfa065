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
/// A nested module of its own, since PowerShell loads nested modules first: it reads the cmdlets' types, for which it needs
/// the engine's enumerations, before it would call an initializer in the cmdlets' own assembly.
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
