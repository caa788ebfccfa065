using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using TpmMigration.Approvals;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Testing;
using TpmMigration.Tests.Packages.Vectors;
using Xunit;

namespace TpmMigration.Tests.Packages;

/// <summary>The conformance set in tests/vectors/packages: every fault is told by its own class, in this reader and in the schema.</summary>
public sealed class PackageVectorTests
{
    private static readonly Lazy<IReadOnlyDictionary<string, PackageVector>> Set = new(() => PackageVectorSet.Read().ToDictionary(v => v.Name, StringComparer.Ordinal));

    public static TheoryData<string> Names => [.. Set.Value.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_vector_is_judged_as_the_manifest_says(string name)
    {
        PackageVector vector = Set.Value[name];
        Assert.Equal(vector.Expected, Judge(vector));
    }

    [Fact]
    public void The_set_is_whole_and_names_every_class_of_error()
    {
        Assert.True(Set.Value.Values.Count(v => v.Expected != "valid") >= 300, "Vectors with a fault are missing.");
        Assert.True(Set.Value.Values.Count(v => v.Expected == "valid") >= 40, "Valid vectors are missing.");
        Assert.Equal(
            Directory.GetFiles(VectorFolder.Path, "*.xml").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal),
            Set.Value.Keys.Order(StringComparer.Ordinal));
        IEnumerable<string> classes =
        [
            .. Enum.GetNames<PackageFormatFault>(),
            .. Enum.GetNames<PackageIntegrityFault>(),
            .. Enum.GetNames<SignatureFault>().Select(f => "Signature." + f),
            .. Enum.GetNames<ApprovalFault>().Where(f => f is not (nameof(ApprovalFault.Stale) or nameof(ApprovalFault.Used))).Select(f => "Approval." + f),
        ];
        Assert.Empty(classes.Except(Set.Value.Values.Select(v => v.Expected)));
        Assert.All(Set.Value.Values, v => Assert.InRange(v.Content.Length, 0, 16 * 1024));
    }

    [Fact]
    public void The_files_are_those_that_the_generator_writes()
    {
        IReadOnlyList<PackageVector> made = PackageVectorSet.Make();
        Assert.Equal(PackageVectorSet.Manifest(made), File.ReadAllText(VectorFolder.Manifest));
        Assert.All(made, v => Assert.Equal(v.Content, Set.Value[v.Name].Content));
    }

    [Fact]
    public void The_schema_agrees_with_the_manifest()
    {
        string[] files = [.. Set.Value.Keys.Select(FileOf)];
        string schema = Path.Combine(RepositoryFolder.Path, "schemas", "MigrationPackage.xsd");
        ToolFailedException run = Assert.Throws<ToolFailedException>(() => ToolRunner.Run("xmllint", ["--noout", "--nonet", "--schema", schema, .. files]));
        HashSet<string> valid = [.. Regex.Matches(run.StandardError, "^(.*) validates$", RegexOptions.Multiline).Select(m => Path.GetFileNameWithoutExtension(m.Groups[1].Value))];
        Assert.Equal(
            Set.Value.Values.Select(v => $"{v.Name}: {v.Schema}"),
            Set.Value.Values.Select(v => $"{v.Name}: {(valid.Contains(v.Name) ? "valid" : "invalid")}"));
    }

    [Fact]
    public void Xmlsec_verifies_the_signature_of_every_valid_vector()
    {
        List<string> arguments = ["--verify"];
        foreach (string signer in (string[])["signer-ecc", "signer-rsa", "signer-p384", "stranger"])
            arguments.AddRange(["--trusted-der", Path.Combine(VectorFolder.Path, "keys", signer + ".cer")]);
        string[] files = [.. Set.Value.Values.Where(v => v.Expected == "valid" && v.Signer != "platform").Select(v => FileOf(v.Name))];
        Assert.NotEmpty(files);
        ToolRunner.Run("xmlsec1", [.. arguments, .. files]);
    }

    /// <summary>Writes the set anew; run it by name when a vector is added or the format changes.</summary>
    [Fact(Explicit = true)]
    public void Write_the_set()
    {
        PackageVectorSet.Write();
        Assert.True(File.Exists(VectorFolder.Manifest));
    }

    private static string FileOf(string name) => Path.Combine(VectorFolder.Path, name + ".xml");

    private static string Judge(PackageVector vector)
    {
        try
        {
            using var stream = new MemoryStream(vector.Content);
            MigrationPackage package = PackageReader.Read(stream, Limits(vector.Limits));
            PackageApprovals.Check(package);
            new SoftwareDestination(vector.Destination).Open(package);
            byte[]? certificate = (package.Signature!.Signer as CertificateIdentity)?.Certificates[0];
            Assert.Equal(vector.Signer == "platform" ? null : VectorFolder.Certificate(vector.Signer), certificate);
            return "valid";
        }
        catch (PackageFormatException e)
        {
            return $"{e.Fault}";
        }
        catch (SignatureException e)
        {
            return $"Signature.{e.Fault}";
        }
        catch (PackageIntegrityException e)
        {
            return $"{e.Fault}";
        }
        catch (ApprovalException e)
        {
            return $"Approval.{e.Fault}";
        }
    }

    private static PackageLimits Limits(string lowered)
    {
        PackageLimits limits = PackageLimits.Default;
        foreach (string[] limit in lowered.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('=')))
        {
            int number = int.Parse(limit[1], CultureInfo.InvariantCulture);
            limits = limit[0] switch
            {
                "bytes" => limits with { Document = limits.Document with { MostBytes = number } },
                "depth" => limits with { Document = limits.Document with { MostDepth = number } },
                "attributes" => limits with { Document = limits.Document with { MostAttributes = number } },
                "attributeLength" => limits with { Document = limits.Document with { MostAttributeLength = number } },
                "keys" => limits with { MostKeys = number },
                "dataPerKey" => limits with { MostDataPerKey = number },
                _ => throw new InvalidDataException($"There is no limit '{limit[0]}'."),
            };
        }
        return limits;
    }
}
