using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Loader;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Loading;

public class ModuleLoadsTests
{
    private const string Engine = "TpmMigration.Core";
    private static readonly string Dependencies = Path.Combine(Repository.Module, "core", "dependencies");

    [Fact]
    public void The_module_imports()
    {
        using var session = new ModuleSession();
        object version = Assert.Single(session.Run("(Get-Module TpmMigration).Version.ToString()").ThrowIfFailed().Output).BaseObject;
        Assert.Matches(@"^\d+\.\d+\.\d+$", Assert.IsType<string>(version));
    }

    [Fact]
    public void Importing_again_after_removal_works()
    {
        using var session = new ModuleSession();
        session.Run("param($Module) Remove-Module TpmMigration; Import-Module $Module", new { Repository.Module }).ThrowIfFailed();
        Assert.NotNull(EngineIn(session));
    }

    [Fact]
    public void The_engine_and_its_libraries_stay_out_of_the_default_load_context()
    {
        using var session = new ModuleSession();
        Assembly engine = EngineIn(session);
        AssemblyLoadContext context = AssemblyLoadContext.GetLoadContext(engine)!;
        Assert.NotSame(AssemblyLoadContext.Default, context);
        Assert.StartsWith(Dependencies, engine.Location, StringComparison.Ordinal);
        Assert.DoesNotContain(AssemblyLoadContext.Default.Assemblies, assembly => assembly.GetName().Name == Engine);
    }

    [Fact]
    public void The_module_gets_its_own_libraries_beside_other_versions_already_loaded()
    {
        // Stands for PowerShell's own and other modules' versions of whatever we bring: the default context has each one already.
        AssemblyName[] ours = [.. Directory.GetFiles(Dependencies, "*.dll").Select(AssemblyName.GetAssemblyName)];
        Assert.Contains(ours, name => name.Name == "BouncyCastle.Cryptography");
        List<Assembly> others = [.. ours.Where(name => name.Name != Engine).Select(name => LoadByDefault(name.Name!, new Version(0, 9)))];

        using var session = new ModuleSession();
        AssemblyLoadContext context = AssemblyLoadContext.GetLoadContext(EngineIn(session))!;
        Assert.All(ours, name =>
        {
            Assembly loaded = context.LoadFromAssemblyName(new AssemblyName(name.Name!));
            Assert.StartsWith(Dependencies, loaded.Location, StringComparison.Ordinal);
            Assert.Equal(name.Version, loaded.GetName().Version);
            Assert.DoesNotContain(loaded, others);
        });
    }

    [Fact]
    public void Import_loads_no_library_of_the_engine()
    {
        // They are loaded when a cmdlet first needs them, so that an import in a profile costs next to nothing.
        string[] result = HostProcess.Run("-Command", $$"""
            Import-Module '{{Repository.Module}}'
            [AppDomain]::CurrentDomain.GetAssemblies() | ForEach-Object { $_.GetName().Name } | Where-Object { $_ -match '^TpmMigration|BouncyCastle' }
            """).Lines;
        Assert.Equal(["TpmMigration.Cmdlets", "TpmMigration.Core", "TpmMigration.Loader"], result.Order(StringComparer.Ordinal));
    }

    private static Assembly LoadByDefault(string name, Version version)
    {
        var builder = new PersistedAssemblyBuilder(new AssemblyName(name) { Version = version }, typeof(object).Assembly);
        builder.DefineDynamicModule(name);
        using var image = new MemoryStream();
        builder.Save(image);
        image.Position = 0;
        return AssemblyLoadContext.Default.LoadFromStream(image);
    }

    private static Assembly EngineIn(ModuleSession session)
    {
        const string script = "[Type]::GetType('TpmMigration.Transport.ITpmTransport, TpmMigration.Core', $true).Assembly";
        return Assert.IsAssignableFrom<Assembly>(Assert.Single(session.Run(script).ThrowIfFailed().Output).BaseObject);
    }
}
