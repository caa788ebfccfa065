using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace TpmMigration.Tests.Crypto;

/// <summary>Reads the JSON vector files in tests/vectors, found by walking up from the test program; all or nothing.</summary>
internal static class VectorFile
{
    /// <param name="name">File name.</param>
    /// <param name="count">How many vectors it must hold, so that a truncated file does not pass.</param>
    public static IReadOnlyList<JsonElement> Read(string name, int count)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "tests", "vectors", name);
            if (File.Exists(path))
            {
                using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
                JsonElement[] vectors = [.. document.RootElement.EnumerateArray().Select(vector => vector.Clone())];
                return vectors.Length == count
                    ? vectors
                    : throw new InvalidDataException($"{path} holds {vectors.Length} vectors and should hold {count}.");
            }
        }

        throw new FileNotFoundException($"tests/vectors/{name} is in no folder above {AppContext.BaseDirectory}.");
    }

    public static string Text(this JsonElement vector, string property) => vector.GetProperty(property).GetString()!;

    public static byte[] Bytes(this JsonElement vector, string property) => Convert.FromHexString(vector.Text(property));

    public static int Number(this JsonElement vector, string property) => vector.GetProperty(property).GetInt32();
}
