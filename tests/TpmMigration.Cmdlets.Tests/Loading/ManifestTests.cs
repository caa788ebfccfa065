using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Loading;

public class ManifestTests
{
    public static TheoryData<string> Editions => ["core", "desktop"];

    [Theory]
    [MemberData(nameof(Editions))]
    public void The_manifest_names_the_cmdlets_of_the_assembly_and_no_other(string edition)
    {
        string path = Path.Combine(Repository.Module, edition, "TpmMigration.Cmdlets.dll");
        Assert.SkipUnless(File.Exists(path), $"The {edition} edition has not been built.");
        Assert.Equal(Declared(), CmdletsIn(path).Order(StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void The_manifest_exports_by_name_and_not_by_wildcard()
    {
        string text = File.ReadAllText(Path.Combine(Repository.Module, "TpmMigration.psd1"));
        Assert.DoesNotContain("'*'", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cmdlet_has_an_approved_verb_and_a_singular_noun_that_tells_the_module()
    {
        using var session = new ModuleSession();
        HashSet<string> verbs = [.. typeof(VerbsCommon).Assembly.GetTypes()
            .Where(type => type.Namespace == "System.Management.Automation" && type.Name.StartsWith("Verbs", StringComparison.Ordinal))
            .SelectMany(type => type.GetFields())
            .Where(field => field.IsLiteral)
            .Select(field => (string)field.GetRawConstantValue()!)];
        Assert.All(Declared(), name =>
        {
            string[] parts = name.Split('-');
            Assert.Contains(parts[0], verbs);
            Assert.Matches("^(Tpm|Ma|MigrationAuthority)", parts[1]);
        });
    }

    private static List<string> Declared()
    {
        using var session = new ModuleSession();
        const string script = "param($Path) (Test-ModuleManifest $Path).ExportedCmdlets.Keys";
        return [.. session.Run(script, new { Path = Path.Combine(Repository.Module, "TpmMigration.psd1") }).ThrowIfFailed().Output
            .Select(name => (string)name.BaseObject)
            .Order(StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>The names in [Cmdlet] attributes, read without loading the assembly: one edition can look at the other.</summary>
    private static List<string> CmdletsIn(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        var names = new List<string>();
        foreach (TypeDefinitionHandle handle in metadata.TypeDefinitions)
        {
            foreach (CustomAttributeHandle attributeHandle in metadata.GetTypeDefinition(handle).GetCustomAttributes())
            {
                CustomAttribute attribute = metadata.GetCustomAttribute(attributeHandle);
                if (attribute.Constructor.Kind == HandleKind.MemberReference
                    && metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent is { Kind: HandleKind.TypeReference } parent
                    && metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)parent).Name) == nameof(CmdletAttribute))
                {
                    BlobReader value = metadata.GetBlobReader(attribute.Value);
                    value.ReadUInt16();
                    names.Add($"{value.ReadSerializedString()}-{value.ReadSerializedString()}");
                }
            }
        }

        return names;
    }
}
