using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Loading;

public class CmdletArchitectureTests
{
    [Fact]
    public void Cmdlets_never_build_a_TPM_command()
    {
        using var session = new ModuleSession();
        Assembly engine = Assert.IsAssignableFrom<Assembly>(Assert.Single(
            session.Run("[Type]::GetType('TpmMigration.Tpm.TpmCommand`1, TpmMigration.Core', $true).Assembly").ThrowIfFailed().Output).BaseObject);
        Type command = engine.GetType("TpmMigration.Tpm.TpmCommand`1", throwOnError: true)!;

        List<Type> used = [.. TypesUsedBy(Path.Combine(Repository.Module, "core", "TpmMigration.Cmdlets.dll"))
            .Where(name => name.StartsWith("TpmMigration.", StringComparison.Ordinal))
            .Select(name => engine.GetType(name))
            .OfType<Type>()];
        Assert.Contains(used, type => type.Namespace == "TpmMigration.Keys");
        Assert.DoesNotContain(used, type => Bases(type).Contains(command));
        Assert.Contains(command, Bases(engine.GetType("TpmMigration.Tpm.FlushContext", throwOnError: true)!));
    }

    private static IEnumerable<Type> Bases(Type type)
    {
        for (Type? at = type; at is not null; at = at.BaseType)
        {
            yield return at.IsGenericType ? at.GetGenericTypeDefinition() : at;
        }
    }

    private static List<string> TypesUsedBy(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        return [.. metadata.TypeReferences
            .Select(metadata.GetTypeReference)
            .Select(type => $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}")];
    }
}
