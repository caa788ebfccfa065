using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>The conformance set as it is made, and its manifest.</summary>
internal static class PackageVectorSet
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static IReadOnlyList<PackageVector> Make() =>
        [.. ValidVectors.All, .. XmlVectors.All, .. FormVectors.All, .. SignatureVectors.All, .. MovedVectors.All, .. ContentVectors.All, .. InnerWrapVectors.All, .. SelectionVectors.All, .. AuthorityVectors.All, .. ReturnVectors.All];

    /// <summary>Each vector on a line of its own.</summary>
    internal static string Manifest(IEnumerable<PackageVector> vectors) =>
        "[\n" + string.Join(",\n", vectors.OrderBy(v => v.Name, StringComparer.Ordinal).Select(Line)) + "\n]\n";

    internal static IReadOnlyList<PackageVector> Read()
    {
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(VectorFolder.Manifest));
        return [.. manifest.RootElement.EnumerateArray().Select(line =>
        {
            string Text(string property) => line.GetProperty(property).GetString()!;
            string file = Text("file");
            return new PackageVector(Path.GetFileNameWithoutExtension(file), Text("expected"), Text("why"), File.ReadAllBytes(Path.Combine(VectorFolder.Path, file)))
            {
                Schema = Text("schema"),
                Signer = Text("signer"),
                Destination = Text("destination"),
                Limits = Text("limits"),
            };
        })];
    }

    internal static void Write()
    {
        foreach (string old in Directory.GetFiles(VectorFolder.Path, "*.xml")) File.Delete(old);
        IReadOnlyList<PackageVector> vectors = Make();
        foreach (PackageVector vector in vectors) File.WriteAllBytes(Path.Combine(VectorFolder.Path, vector.Name + ".xml"), vector.Content);
        File.WriteAllText(VectorFolder.Manifest, Manifest(vectors), new UTF8Encoding(false));
    }

    private static string Line(PackageVector vector) => "  " + JsonSerializer.Serialize(
        new { file = vector.Name + ".xml", expected = vector.Expected, schema = vector.Schema, signer = vector.Signer, destination = vector.Destination, limits = vector.Limits, why = vector.Why }, Plain);
}
