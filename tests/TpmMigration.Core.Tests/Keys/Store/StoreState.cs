using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Victim;
using Xunit;

namespace TpmMigration.Tests.Keys.Store;

/// <summary>The whole content of a store in a form that can be compared.</summary>
internal static class StoreState
{
    public static IReadOnlyList<string> Old { get; } = Describe([("Alpha", 1), ("Beta", 1), ("Delta", 1), ("Gamma", 1)]);

    /// <summary>After <see cref="SampleKeys.ManyChanges"/>.</summary>
    public static IReadOnlyList<string> New { get; } = Describe([("Alpha", 2), ("Beta", 2), ("Epsilon", 2), ("Eta", 2), ("Zeta", 2)]);

    public static IReadOnlyList<string> Created { get; } = Describe([("Alpha", 1), ("Beta", 1)]);

    public static void WriteOld(string path) =>
        KeyStore.Open(path).Commit([SampleKeys.Add("Alpha"), SampleKeys.Add("Beta"), SampleKeys.Add("Gamma"), SampleKeys.Add("Delta")]);

    public static IReadOnlyList<string> Of(string path) =>
        KeyStore.Open(path).Enumerate().Select(e => Describe(e.Require().Record, e.Require().KeyFile)).ToArray();

    /// <summary>The same, and at the end each data file with the version of its content.</summary>
    public static IReadOnlyList<string> WithData(string path) =>
    [
        .. Of(path),
        .. Directory.GetFiles(path, "*.data").Order(StringComparer.Ordinal).Select(file =>
        {
            using FileStream stream = File.OpenRead(file);
            return $"{Path.GetFileName(file)} {Assert.Single(KeyDataFile.Read(stream, _ => true).Items).Content[0]}";
        }),
    ];

    /// <summary>The same, and at the end each key that moved away.</summary>
    public static IReadOnlyList<string> WithMigrated(string path) => [.. Of(path), .. KeyStore.Open(path).MigratedKeys().Select(key => $"{key.Name} to {key.DestinationHost} by {key.ReceiptId:D}")];

    /// <summary>Nothing but the files of the keys, the list of those that moved away, and the card of the last writer.</summary>
    public static void AssertNoStrayFiles(string path)
    {
        if (!Directory.Exists(path)) return;
        IEnumerable<string> expected = KeyStore.Open(path).Enumerate().SelectMany(e => new[] { e.Name + ".pem", e.Name + ".xml" });
        Assert.Equal(expected.Order(StringComparer.Ordinal), Directory.GetFileSystemEntries(path).Select(Path.GetFileName).Where(n => n is not (".lock" or ".migrated") && !n!.EndsWith(".data", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    private static string[] Describe((string Name, int Version)[] keys) =>
        keys.Select(k => Describe(SampleKeys.Record(k.Name, k.Version), SampleKeys.KeyFile(k.Name, k.Version))).ToArray();

    private static string Describe(KeyRecord record, TpmKeyFile keyFile) =>
        $"{record.Name} {record.Created:O} {record.Origin.PackageId} {record.Description} {Convert.ToHexString(keyFile.ToDer())}";
}
