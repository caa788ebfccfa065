using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Victim;

/// <summary>Keys that look like those of a TPM from the outside, each version of each name another.</summary>
public static class SampleKeys
{
    private static readonly DateTime Created = new(2025, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    public static TpmKeyFile KeyFile(string name, int version = 1) => new()
    {
        EmptyAuth = true,
        Parent = TpmKeyFile.OwnerHierarchy,
        Public = Tpm2b(90, name.Length + version),
        Private = Tpm2b(126, name[0] + version),
    };

    public static KeyRecord Record(string name, int version = 1) => new()
    {
        Name = name,
        Created = Created.AddDays(version),
        Origin = version % 2 == 0 ? KeyOrigin.Created : KeyOrigin.Imported(new Guid(version, 0, 0, new byte[8])),
        Parent = new KeyParent(null, Tpm2b(32, 11)),
        Description = $"version {version} of <{name}>",
        PolicyBranches = [[new PolicyStep(0x16B, []), new PolicyStep(0x16C, [0, 0, 1, 0x4B])]],
    };

    public static KeyChange Add(string name, int version = 1) => KeyChange.Add(Record(name, version), KeyFile(name, version));

    public static KeyChange Replace(string name, int version) => KeyChange.Replace(Record(name, version), KeyFile(name, version));

    private static byte[] Tpm2b(int size, int seed) =>
        new byte[] { 0, (byte)size }.Concat(Enumerable.Range(0, size).Select(i => (byte)(i * 7 + seed * 31))).ToArray();

    /// <summary>What the killed commit changes: all three kinds of change, on a store that has Alpha, Beta, Gamma and Delta in version 1.</summary>
    public static IReadOnlyCollection<KeyChange> ManyChanges() =>
    [
        Add("Epsilon", 2), Add("Zeta", 2), Add("Eta", 2), Replace("Alpha", 2), Replace("Beta", 2), KeyChange.Delete("Gamma"), KeyChange.Delete("Delta"),
    ];

    /// <summary>A store in which three of four keys have data, in version 1.</summary>
    public static IReadOnlyCollection<KeyChange> KeysWithData() =>
        [Add("Alpha").With(Data(1)), Add("Beta").With(Data(1)), Add("Gamma").With(Data(1)), Add("Delta")];

    /// <summary>What the killed commit changes in it: data comes, changes, goes with its key, and goes since its key is another.</summary>
    public static IReadOnlyCollection<KeyChange> ChangesWithData() =>
        [Add("Epsilon", 2).With(Data(2)), Replace("Alpha", 2).With(Data(2)), Replace("Beta", 2), KeyChange.Delete("Gamma"), KeyChange.Delete("Delta")];

    /// <summary>Two of the four keys, gone to another machine.</summary>
    public static IReadOnlyList<MigratedKey> Migrated() => [Gone("Beta"), Gone("Delta")];

    private static MigratedKey Gone(string name) =>
        new(name, Tpm2b(34, 3), Created, "elsewhere", Tpm2b(34, 4), new Guid(7, 0, 0, new byte[8]), new Guid(8, 0, 0, new byte[8]));

    private static KeyDataFile Data(int version) => new(
        Tpm2b(32, 1), Tpm2b(32, 2),
        [new SealedKeyData(new KeyDataInfo(KeyDataType.Data, "sample", "", 5000), Enumerable.Repeat((byte)version, 5000 + KeyDataCipher.Overhead).ToArray())]);
}
