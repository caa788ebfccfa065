using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Packages;

/// <summary>Packages made without a TPM: right in every number that can be checked without one.</summary>
internal static class SamplePackages
{
    internal static DateTime Created { get; } = new(2026, 1, 31, 23, 59, 59, DateTimeKind.Utc);

    /// <summary>A storage key, a child storage key under it with a signing key, and data.</summary>
    internal static MigrationPackage Family(string description = "a key")
    {
        PackageKey root = Key(1, "Root", KeyRole.Storage, migrating: true) with { Description = description };
        PackageKey middle = Key(2, "Middle", KeyRole.Storage) with { Blob = new ChildBlob(root.Id, Bytes(2, 160)) };
        PackageKey leaf = Key(3, "Leaf", KeyRole.Sign) with
        {
            Blob = new ChildBlob(middle.Id, Bytes(3, 160)),
            HasPassword = true,
            Data = [new SealedData("KeyPassword", string.Empty, "text/plain", 5, Bytes(4, 5 + 28)), new SealedData("Data", "notes", "application/octet-stream", 100, Bytes(5, 128))],
        };
        return Package([root, middle, leaf]) with { DataKey = new PackageDataKey(DataKey, Bytes(6, 100), Bytes(7, 68)), Approvals = [Bytes(8, 200)] };
    }

    /// <summary>Many migrating signing keys with their approvals.</summary>
    internal static MigrationPackage Many(int count) => Package(Enumerable.Range(0, count).Select(i => Key(i + 1, $"Key-{i}", KeyRole.Sign, migrating: true)).ToList()) with
    {
        Approvals = Enumerable.Range(0, count).Select(i => Bytes(i, 1000)).ToList(),
    };

    /// <summary>A signing key whose use is bound to PCRs and a password.</summary>
    internal static MigrationPackage Bound()
    {
        IReadOnlyList<IReadOnlyList<PolicyStep>> policy = [UsePolicy.Branch(TpmAlgId.Sha256, Pcrs, asksForPassword: true), KeyPolicies.MigratableBranch];
        return Package([Key(1, "Bound", KeyRole.Sign, migrating: true) with
        {
            PublicArea = Ecc(KeyTemplates.Migratable(KeyRole.Sign, KeyAlgorithm.EccP256, policy, encryptedDuplication: false), 1),
            HasPassword = true,
            Policy = policy,
            ExpectedPcrs = Pcrs,
        }]);
    }

    internal static IReadOnlyList<PcrValue> Pcrs { get; } = [new(TpmAlgId.Sha256, 0, Bytes(20, 32)), new(TpmAlgId.Sha256, 7, Bytes(21, 32)), new(TpmAlgId.Sha384, 23, Bytes(22, 48))];

    internal static MigrationPackage Package(IReadOnlyList<PackageKey> keys) => new()
    {
        Id = Id(999),
        Created = Created,
        Purpose = PackagePurpose.Migrate,
        Source = new PackageSource("machine-a", ObjectName.Of(TpmAlgId.Sha256, Bytes(10, 10))),
        Destination = new PackageDestination(PackageDestinationKind.StorageKey, "machine-b", Parent),
        Keys = keys,
    };

    internal static PackageKey Key(int number, string name, KeyRole role, bool migrating = false)
    {
        IReadOnlyList<IReadOnlyList<PolicyStep>> policy = migrating ? [KeyPolicies.MigratableBranch] : [];
        return new PackageKey
        {
            Id = Id(number),
            Name = name,
            Kind = migrating ? nameof(KeyKind.Migratable) : nameof(KeyKind.NonMigratable),
            PublicArea = Ecc(KeyTemplates.Migratable(role, KeyAlgorithm.EccP256, policy, encryptedDuplication: false), number),
            Created = Created,
            HasPassword = false,
            Policy = policy,
            Blob = new MigrationBlob(Bytes(number, 160), Bytes(number + 1, 68)),
        };
    }

    internal static TpmtPublic Parent { get; } = Ecc(KeyTemplates.StorageRoot, 77);

    internal static byte[] Bytes(int seed, int count)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static TpmtPublic DataKey { get; } = new()
    {
        NameAlg = TpmAlgId.Sha256,
        ObjectAttributes = TpmaObject.UserWithAuth | TpmaObject.NoDa,
        Parameters = TpmsKeyedHashParms.SealedData,
        Unique = Bytes(11, 32),
    };

    private static Guid Id(int number) => new(Bytes(number, 16));

    private static TpmtPublic Ecc(TpmtPublic template, int seed) => new()
    {
        NameAlg = template.NameAlg,
        ObjectAttributes = template.ObjectAttributes,
        AuthPolicy = template.AuthPolicy,
        Parameters = template.Parameters,
        Point = new TpmsEccPoint(Bytes(seed, 32), Bytes(seed + 1, 32)),
    };
}
