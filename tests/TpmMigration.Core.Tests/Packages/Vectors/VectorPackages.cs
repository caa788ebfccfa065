using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>The packages that the vectors are made from, with real keys in them.</summary>
internal static class VectorPackages
{
    internal static DateTime Created { get; } = new(2026, 1, 31, 12, 0, 0, DateTimeKind.Utc);

    internal static byte[] SourceName { get; } = ObjectName.Of(TpmAlgId.Sha256, VectorFolder.Bytes("source", 32));

    internal static VectorKey Root { get; } = VectorKey.Ecc("root", VectorKey.Template(KeyRole.Storage, KeyAlgorithm.EccP256, migrating: true));

    internal static VectorKey Middle { get; } = VectorKey.Ecc("middle", VectorKey.Template(KeyRole.Storage, KeyAlgorithm.EccP256, migrating: false));

    internal static VectorKey Leaf { get; } = VectorKey.Ecc("leaf", VectorKey.Template(KeyRole.Sign, KeyAlgorithm.EccP256, migrating: false), "vector");

    internal static VectorKey First { get; } = VectorKey.Ecc("first", VectorKey.Template(KeyRole.Sign, KeyAlgorithm.EccP256, migrating: true));

    internal static VectorKey Second { get; } = VectorKey.Ecc("second", VectorKey.Template(KeyRole.Sign, KeyAlgorithm.EccP256, migrating: true));

    internal static byte[] DataSecret { get; } = VectorFolder.Bytes("data key", 32);

    internal static VectorKey DataKey { get; } = VectorKey.Sealed("data key", DataSecret);

    /// <summary>One signing key.</summary>
    internal static MigrationPackage One(string destination = "destination-ecc") => Package([Migrating("First", First, destination)], [Approval(First, destination)], destination);

    internal static MigrationPackage Two() => Package(
        [Migrating("First", First), Migrating("Second", Second)], [Approval(First), Approval(Second)], "destination-ecc");

    /// <summary>The same with an endorsement key as new parent. Blobs do not depend on the parent's attributes, only on its key and algorithms.</summary>
    internal static MigrationPackage Endorsement(MigrationPackage package, string destination = "destination-ecc")
    {
        TpmtPublic parent = VectorKey.Endorsement(destination);
        return package with
        {
            Destination = new PackageDestination(PackageDestinationKind.EndorsementKey, "machine-b", parent),
            Approvals = [.. package.Approvals.Select(document => Encoding.UTF8.GetBytes(ApprovalDocument.Write(ApprovalDocument.Read(Encoding.UTF8.GetString(document)) with { DestinationName = parent.Name, Document = null })))],
        };
    }

    /// <summary>A signing key whose use is bound to PCRs of two banks.</summary>
    internal static MigrationPackage Bound() => Package([Migrating("Bound", BoundKey, policy: BoundPolicy) with { ExpectedPcrs = Pcrs }], [Approval(BoundKey)], "destination-ecc");

    internal static IReadOnlyList<PcrValue> Pcrs { get; } =
    [
        new(TpmAlgId.Sha256, 0, VectorFolder.Bytes("pcr 0", 32)),
        new(TpmAlgId.Sha256, 7, VectorFolder.Bytes("pcr 7", 32)),
        new(TpmAlgId.Sha384, 23, VectorFolder.Bytes("pcr 23", 48)),
    ];

    private static IReadOnlyList<IReadOnlyList<PolicyStep>> BoundPolicy => [UsePolicy.Branch(TpmAlgId.Sha256, Pcrs, asksForPassword: false), KeyPolicies.MigratableBranch];

    private static VectorKey BoundKey => VectorKey.Ecc("bound", KeyTemplates.Migratable(KeyRole.Sign, KeyAlgorithm.EccP256, BoundPolicy, encryptedDuplication: false));

    internal static MigrationPackage Rsa()
    {
        VectorKey key = VectorKey.Rsa(VectorKey.Template(KeyRole.Decrypt, KeyAlgorithm.Rsa2048, migrating: true));
        return Package([Migrating("Rsa", key, "destination-rsa")], [Approval(key, "destination-rsa")], "destination-rsa");
    }

    /// <summary>A storage key, a storage key under it and a signing key under that, with data, certificates and an extension.</summary>
    internal static MigrationPackage Family(string destination = "destination-ecc")
    {
        PackageKey root = Migrating("Root", Root, destination) with { Description = "parent of all" };
        PackageKey middle = Child("Middle", Middle, root, Root);
        PackageKey leaf = Child("Leaf", Leaf, middle, Middle) with
        {
            HasPassword = true,
            Data = [Item(Leaf, "KeyPassword", string.Empty, "text/plain", "vector"), Item(Leaf, "Data", "notes", "application/octet-stream", "some notes")],
        };
        return WithDataKey(Package([root, middle, leaf], [Approval(Root, destination)], destination), destination) with
        {
            ReleaseAuthorities = [VectorSigner.P384.Certificate],
            Extensions = [new PackageExtension("urn:example:note", false, [1, 2, 3])],
        };
    }

    internal static MigrationPackage WithDataKey(MigrationPackage package, string destination = "destination-ecc")
    {
        WrappedKey wrapped = DataKey.WrapTo(VectorKey.Destination(destination), "data key");
        return package with { DataKey = new PackageDataKey(DataKey.PublicArea, wrapped.Duplicate, wrapped.EncryptedSeed) };
    }

    internal static MigrationPackage Package(IReadOnlyList<PackageKey> keys, IReadOnlyList<byte[]> approvals, string destination) => new()
    {
        Id = Id("package"),
        Created = Created,
        Purpose = PackagePurpose.Migrate,
        Source = new PackageSource("machine-a", SourceName),
        Destination = new PackageDestination(PackageDestinationKind.StorageKey, "machine-b", VectorKey.Destination(destination)),
        Keys = keys,
        Approvals = approvals,
    };

    internal static PackageKey Migrating(string name, VectorKey key, string destination = "destination-ecc", IReadOnlyList<IReadOnlyList<PolicyStep>>? policy = null)
    {
        WrappedKey wrapped = key.WrapTo(VectorKey.Destination(destination), name);
        return Key(name, key, nameof(KeyKind.Migratable), policy ?? [KeyPolicies.MigratableBranch], new MigrationBlob(wrapped.Duplicate, wrapped.EncryptedSeed));
    }

    internal static PackageKey Child(string name, VectorKey key, PackageKey parent, VectorKey parentKey) =>
        Key(name, key, nameof(KeyKind.MovesWithParent), [], new ChildBlob(parent.Id, key.PrivateUnder(parentKey)));

    internal static SealedData Item(VectorKey key, string type, string name, string mediaType, string content)
    {
        byte[] plain = Encoding.UTF8.GetBytes(content);
        byte[] nonce = VectorFolder.Bytes($"{type} {name} nonce", 12);
        GcmBlockCipher cipher = DataCipher(true, DataSecret, nonce, key.Name, type, name, mediaType, plain.Length);
        byte[] output = new byte[cipher.GetOutputSize(plain.Length)];
        int written = cipher.ProcessBytes(plain, 0, plain.Length, output, 0);
        cipher.DoFinal(output, written);
        return new SealedData(type, name, mediaType, plain.Length, [.. nonce, .. output]);
    }

    internal static GcmBlockCipher DataCipher(bool encrypt, byte[] secret, byte[] nonce, byte[] keyName, string type, string name, string mediaType, int length)
    {
        byte[] bound = TpmWriter.Write(w =>
        {
            w.WriteTpm2b(Encoding.ASCII.GetBytes("TPM migration key data 1"));
            w.WriteTpm2b(keyName);
            foreach (string text in (string[])[type, name, mediaType])
                w.WriteTpm2b(Encoding.UTF8.GetBytes(text));
            w.WriteU32((uint)length);
        });
        var cipher = new GcmBlockCipher(AesUtilities.CreateEngine());
        cipher.Init(encrypt, new AeadParameters(new KeyParameter(secret), 128, nonce, bound));
        return cipher;
    }

    internal static byte[] Approval(VectorKey key, string destination = "destination-ecc", Func<OwnerApproval, OwnerApproval>? change = null)
    {
        byte[] parent = VectorKey.Destination(destination).Name;
        var approval = new OwnerApproval
        {
            Id = Id("approval " + Convert.ToHexString(key.Name)),
            ApprovedBy = "owner",
            Reason = "moving house",
            Created = Created.AddMinutes(-10),
            ValidUntil = Created.AddMinutes(50),
            MachineHost = "machine-a",
            MachineName = SourceName,
            KeyName = "key",
            KeyTpmName = key.Name,
            DestinationHost = "machine-b",
            DestinationName = parent,
        };
        return Encoding.UTF8.GetBytes(ApprovalDocument.Write((change ?? (a => a))(approval)));
    }

    internal static Guid Id(string label) => new(VectorFolder.Bytes(label + " id", 16));

    private static PackageKey Key(string name, VectorKey key, string kind, IReadOnlyList<IReadOnlyList<PolicyStep>> policy, KeyBlob blob) => new()
    {
        Id = Id(name),
        Name = name,
        Kind = kind,
        PublicArea = key.PublicArea,
        Created = Created.AddDays(-1),
        HasPassword = false,
        Policy = policy,
        Blob = blob,
    };
}
