using System;
using System.IO;
using System.Security.Cryptography;
using TpmMigration.Testing;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>The folder of the conformance set, with the keys that were made for it.</summary>
internal static class VectorFolder
{
    internal static string Path { get; } = System.IO.Path.Combine(RepositoryFolder.Path, "tests", "vectors", "packages");

    internal static string Manifest { get; } = System.IO.Path.Combine(Path, "manifest.json");

    /// <summary>A certificate in DER.</summary>
    internal static byte[] Certificate(string name) => File.ReadAllBytes(KeyFile(name + ".cer"));

    internal static RSAParameters Rsa(string name)
    {
        using var key = RSA.Create();
        key.ImportFromPem(File.ReadAllText(KeyFile(name + ".pem")));
        return key.ExportParameters(true);
    }

    internal static ECParameters Ecc(string name)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(KeyFile(name + ".pem")));
        return key.ExportParameters(true);
    }

    /// <summary>Bytes that look random and are the same each time.</summary>
    internal static byte[] Bytes(string label, int count)
    {
        byte[] result = new byte[count];
        for (int at = 0, block = 0; at < count; at += 32, block++)
            SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(FormattableString.Invariant($"{label}/{block}"))).AsSpan(0, Math.Min(32, count - at)).CopyTo(result.AsSpan(at));
        return result;
    }

    private static string KeyFile(string name) => System.IO.Path.Combine(Path, "keys", name);
}
