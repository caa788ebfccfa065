using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;
using static TpmMigration.Tests.Packages.Vectors.VectorBases;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>Signed and well-formed packages whose parts do not belong together, whose approvals do not fit, or whose blobs do not open.</summary>
internal static class ContentVectors
{
    internal static IEnumerable<PackageVector> All => [.. Names, .. Policies, .. Parents, .. Data, .. Blobs, .. SealedContent, .. Approvals];

    private static IEnumerable<PackageVector> Names
    {
        get
        {
            string first = "name=\"" + Hex.Format(VectorPackages.First.Name), second = "name=\"" + Hex.Format(VectorPackages.Second.Name);
            return
            [
                Bad("name-of-key", "NameMismatch", "one digit of a key's name changed", One.Attribute("<Key id", "name", Flip)),
                Bad("name-of-destination", "NameMismatch", "one digit of the destination's name changed", One.Attribute("<Destination", "parentName", Flip)),
                Bad("name-algorithm", "NameMismatch", "a name of another algorithm", One.Attribute("<Key id", "name", s => "000c" + s[4..])),
                Bad("name-without-algorithm", "NameMismatch", "a name without its algorithm", One.Attribute("<Key id", "name", s => s[4..])),
                Bad("name-empty", "NameMismatch", "an empty name", One.Attribute("<Key id", "name", _ => string.Empty)),
                Bad("name-cut", "NameMismatch", "a name without its last byte", One.Attribute("<Key id", "name", s => s[..^2])),
                Bad("name-swapped", "NameMismatch", "the names of two keys swapped", Two.Swap(first, "@").Swap(second, first).Swap("@", second)),
                Bad("public-of-other-key", "NameMismatch", "the public area of another key", Two.Content("Public", _ => Convert.ToBase64String(VectorPackages.Second.PublicArea.Marshal()))),
                Bad("public-attributes", "NameMismatch", "an attribute of a public area changed", One.Bytes("Public", b => [.. b[..7], (byte)(b[7] ^ 0x02), .. b[8..]])),
                Bad("public-key-bit", "NameMismatch", "a bit of a public key changed", One.Bytes("Public", b => [.. b[..^1], (byte)(b[^1] ^ 1)])),
                Bad("public-of-destination", "NameMismatch", "the public area of another new parent", One.Content("Parent", _ => Convert.ToBase64String(VectorKey.Destination("destination-rsa").Marshal()))),
            ];
        }
    }

    private static IEnumerable<PackageVector> Policies
    {
        get
        {
            string authValue = "<Step command=\"0000016b\" data=\"\" />";
            string branch = One.Part("<Branch>", "</Branch>");
            return
            [
                Bad("policy-step-missing", "PolicyMismatch", "a step less", One.Swap(authValue, string.Empty)),
                Bad("policy-step-twice", "PolicyMismatch", "a step twice", One.Swap(authValue, authValue + authValue)),
                Bad("policy-steps-reordered", "PolicyMismatch", "steps in another order", One.Swap(authValue, string.Empty).Swap("</Branch>", authValue + "</Branch>")),
                Bad("policy-other-hierarchy", "PolicyMismatch", "the endorsement hierarchy instead of the owner", One.Swap("40000001000440000001", "4000000b00044000000b")),
                Bad("policy-other-command", "PolicyMismatch", "another command allowed than TPM2_Duplicate", One.Swap("data=\"0000014b\"", "data=\"0000015d\"")),
                Bad("policy-branch-added", "PolicyMismatch", "a branch more", One.Swap("</Branch>", $"</Branch><Branch>{authValue}</Branch>")),
                Bad("policy-branch-twice", "PolicyMismatch", "the branch twice", One.Swap(branch, branch + branch)),
                Bad("policy-unknown-command", "PolicyMismatch", "a command that is no step of a policy", One.Swap("0000016b", "0000017a")),
                Bad("policy-data-cut", "PolicyMismatch", "the data of a step without its last byte", One.Swap("data=\"0000014b\"", "data=\"000001\"")),
                Bad("policy-data-extended", "PolicyMismatch", "the data of a step with a byte behind it", One.Swap("data=\"0000014b\"", "data=\"0000014b00\"")),
                Bad("policy-data-unexpected", "PolicyMismatch", "data for a step that has none", One.Swap("command=\"0000016b\" data=\"\"", "command=\"0000016b\" data=\"00\"")),
                Bad("pcrs-other-value", "PolicyMismatch", "another value of a PCR than the policy asks for", Bound.Attribute("<Pcr ", "value", Flip)),
                Bad("pcrs-other-index", "PolicyMismatch", "the value of another PCR", Bound.Swap("index=\"7\"", "index=\"8\"")),
                Bad("pcrs-missing-one", "PolicyMismatch", "a value less", Bound.Without("<Pcr ", "/>")),
                Bad("pcrs-twice", "PolicyMismatch", "a value twice", Bound.Swap(Bound.Part("<Pcr ", "/>"), Bound.Part("<Pcr ", "/>") + Bound.Part("<Pcr ", "/>"))),
                Bad("pcrs-reordered", "PolicyMismatch", "values in another order", Bound.Without("<Pcr ", "/>").Swap("</ExpectedPcrs>", Bound.Part("<Pcr ", "/>") + "</ExpectedPcrs>")),
                Bad("pcrs-for-other-policy", "PolicyMismatch", "values for a key whose policy asks for none", One.Swap("<MigrationBlob>", Bound.Part("<ExpectedPcrs>", "</ExpectedPcrs>") + "<MigrationBlob>")),
                Bad("pcrs-without-policy", "PolicyMismatch", "values for a key whose policy is not recorded", Bound.Without("<Policy>", "</Policy>")),
                Bad("policy-pcrs-digest", "PolicyMismatch", "another digest in the step PolicyPCR", Bound.Attribute("<Step command=\"0000017f\"", "data", s => s[..4] + Flip(s[4..]))),
                Bad("policy-pcrs-digest-cut", "PolicyMismatch", "a digest of another size in the step PolicyPCR", Bound.Attribute("<Step command=\"0000017f\"", "data", s => "001f" + s[6..])),
                Bad("policy-pcrs-selection", "PolicyMismatch", "another PCR selected", Bound.Attribute("<Step command=\"0000017f\"", "data", s => s[..^2] + "40")),
                Bad("policy-pcrs-many-banks", "PolicyMismatch", "more banks of PCRs than there are", Bound.Attribute("<Step command=\"0000017f\"", "data", s => s.Replace("00000002000b03", "ffffffff000b03", StringComparison.Ordinal))),
                Bad("policy-where-none-is", "PolicyMismatch", "a policy for a key whose public area has none", Family.Swap("<ChildBlob>", One.Part("<Policy>", "</Policy>") + "<ChildBlob>")),
            ];
        }
    }

    private static IEnumerable<PackageVector> Parents
    {
        get
        {
            MigrationPackage family = VectorPackages.Family();
            TpmtPublic signing = VectorPackages.Second.PublicArea;
            PackageKey first = VectorPackages.Migrating("First", VectorPackages.First);
            PackageKey underSigner = family.Keys[1] with { Blob = new ChildBlob(first.Id, ((ChildBlob)family.Keys[1].Blob).Private) };
            VectorKey encrypted = VectorKey.Ecc("encrypted", VectorKey.Template(KeyRole.Sign, KeyAlgorithm.EccP256, migrating: false, encryptedDuplication: true));
            return
            [
                Made("parent-no-storage-key", "ParentMismatch", "a child of a signing key", VectorPackages.Package([first, underSigner], [VectorPackages.Approval(VectorPackages.First)], "destination-ecc")),
                Made("parent-encrypted-duplication", "ParentMismatch", "a child that differs from its parent in encryptedDuplication", family with { Keys = [family.Keys[0], VectorPackages.Child("Other", encrypted, family.Keys[0], VectorPackages.Root)], DataKey = null }),
                Made("destination-no-endorsement-key", "ParentMismatch", "a storage key that the package calls an endorsement key", VectorPackages.One() with { Destination = new PackageDestination(PackageDestinationKind.EndorsementKey, "machine-b", VectorKey.Destination("destination-ecc")) }),
                Made("destination-endorsement-key-attributes", "ParentMismatch", "an endorsement key of other attributes than its template", Endorsed(k => k.ObjectAttributes & ~TpmaObject.FixedTpm, k => k.AuthPolicy)),
                Made("destination-endorsement-key-policy", "ParentMismatch", "an endorsement key of another policy than its template", Endorsed(k => k.ObjectAttributes, _ => [])),
                Made("destination-no-storage-key", "ParentMismatch", "a signing key as new parent", VectorPackages.One() with { Destination = new PackageDestination(PackageDestinationKind.StorageKey, "machine-b", signing) }),
            ];
        }
    }

    private static IEnumerable<PackageVector> Data =>
    [
        Bad("data-without-key", "DataMismatch", "data without a data key", Family.Without("<DataKey>", "</DataKey>")),
        Bad("data-length-more", "DataMismatch", "one byte more said than there is", Family.Attribute("<Item", "length", s => Next(s, 1))),
        Bad("data-length-less", "DataMismatch", "one byte less said than there is", Family.Attribute("<Item", "length", s => Next(s, -1))),
        Bad("data-length-greatest", "DataMismatch", "the greatest length there is", Family.Attribute("<Item", "length", _ => "2147483647")),
        Bad("data-too-short", "DataMismatch", "content shorter than its nonce and tag", Family.Swap(Family.Part("<Item", "</Item>"), Family.Part("<Item", "\">") + "AQID</Item>")),
        Bad("data-empty-content", "DataMismatch", "no content at all", Family.Swap(Family.Part("<Item", "</Item>"), Family.Part("<Item", "\">") + "</Item>")),
        Bad("data-cut", "DataMismatch", "content without its last byte", Family.Swap(Family.Part("<Item", "</Item>"), Item(b => b[..^1]))),
    ];

    private static IEnumerable<PackageVector> Blobs
    {
        get
        {
            MigrationPackage two = VectorPackages.Two(), one = VectorPackages.One(), family = VectorPackages.Family(), rsa = VectorPackages.Rsa();
            var first = (MigrationBlob)two.Keys[0].Blob;
            var second = (MigrationBlob)two.Keys[1].Blob;
            TpmtPublic destination = VectorKey.Destination("destination-ecc");
            VectorKey sealedKey = VectorPackages.DataKey;
            return
            [
                Blobs2("blob-seeds-swapped", "the seeds of two keys swapped", new(first.Duplicate, second.EncryptedSeed), new(second.Duplicate, first.EncryptedSeed)),
                Blobs2("blob-duplicates-swapped", "the duplicates of two keys swapped", new(second.Duplicate, first.EncryptedSeed), new(first.Duplicate, second.EncryptedSeed)),
                Blobs2("blob-swapped", "the blobs of two keys swapped", second, first),
                Duplicate("blob-digest-size", "the size of the digest changed", b => [0, 0x10, .. b[2..]]),
                Duplicate("blob-digest-size-beyond", "a digest larger than the blob", b => [0xFF, 0xFF, .. b[2..]]),
                Duplicate("blob-digest-empty", "an empty digest", b => [0, 0, .. b[34..]]),
                Duplicate("blob-digest-bit", "a bit of the digest changed", b => [.. b[..2], (byte)(b[2] ^ 1), .. b[3..]]),
                Duplicate("blob-content-bit", "a bit of the content changed", b => [.. b[..^1], (byte)(b[^1] ^ 1)]),
                Duplicate("blob-cut", "a duplicate without its last byte", b => b[..^1]),
                Duplicate("blob-extended", "a duplicate with a byte behind it", b => [.. b, 0]),
                Duplicate("blob-empty", "an empty duplicate", _ => []),
                Seed("blob-seed-empty", "an empty seed", _ => []),
                Seed("blob-seed-cut", "a seed without its last byte", b => b[..^1]),
                Seed("blob-seed-bit", "a seed whose point is not on the curve", b => [.. b[..^1], (byte)(b[^1] ^ 1)]),
                Seed("blob-seed-zero", "a seed whose point is zero", b => [0, 32, .. new byte[32], 0, 32, .. new byte[32]]),
                Seed("blob-seed-other-point", "a seed with another point of the curve", _ => TpmWriter.Write(w => { w.WriteTpm2b(destination.Point!.X); w.WriteTpm2b(destination.Point.Y); })),
                Wrapped("blob-for-other-destination", "wrapped to another new parent", VectorPackages.First.WrapTo(VectorPackages.Root.PublicArea, "other")),
                Wrapped("blob-for-other-name", "wrapped under another key's name", VectorKey.WrapTo(destination, "other name", VectorPackages.Second.Name, VectorPackages.First.Sensitive)),
                Wrapped("blob-private-of-other-key", "a private part that does not fit the public one", VectorKey.WrapTo(destination, "other key", VectorPackages.First.Name, VectorPackages.Second.Sensitive)),
                Wrapped("blob-private-of-other-type", "a private part of another type", VectorKey.WrapTo(destination, "other type", VectorPackages.First.Name, sealedKey.Sensitive)),
                Wrapped("blob-private-zero", "zero as private key", VectorKey.WrapTo(destination, "zero", VectorPackages.First.Name, VectorKey.SensitiveOf(TpmAlgId.Ecc, string.Empty, [], new byte[32]))),
                Wrapped("blob-inner-wrap", "an inner wrap of which nothing is said", KeyWrapInner(destination)),
                Wrapped("blob-label", "a seed for another purpose", Credential(destination)),
                Made("blob-rsa-seed-bit", "Altered", "a seed for RSA with a bit changed", rsa with { Keys = [rsa.Keys[0] with { Blob = Change((MigrationBlob)rsa.Keys[0].Blob, seed: b => [.. b[..^1], (byte)(b[^1] ^ 1)]) }] }, "destination-rsa"),
                Made("blob-rsa-seed-cut", "Altered", "a seed for RSA without its last byte", rsa with { Keys = [rsa.Keys[0] with { Blob = Change((MigrationBlob)rsa.Keys[0].Blob, seed: b => b[..^1]) }] }, "destination-rsa"),
                Made("blob-rsa-prime", "Altered", "a prime that does not divide the modulus", rsa with { Keys = [rsa.Keys[0] with { Blob = Blob(VectorKey.WrapTo(VectorKey.Destination("destination-rsa"), "prime", rsa.Keys[0].PublicArea.Name, VectorKey.SensitiveOf(TpmAlgId.Rsa, string.Empty, [], VectorFolder.Bytes("prime", 128)))) }] }, "destination-rsa"),
                Child("child-bit", "a bit of a child's private area changed", 2, b => [.. b[..^1], (byte)(b[^1] ^ 1)]),
                Child("child-cut", "a child's private area without its last byte", 2, b => b[..^1]),
                Child("child-vector", "the vector of a child's private area changed", 2, b => [.. b[..40], (byte)(b[40] ^ 1), .. b[41..]]),
                Child("child-of-other", "the private area of another child", 1, _ => ((ChildBlob)family.Keys[2].Blob).Private),
                Made("child-other-parent", "Altered", "a child under another parent than its own", family with { Keys = [family.Keys[0], family.Keys[1], family.Keys[2] with { Blob = new ChildBlob(family.Keys[0].Id, ((ChildBlob)family.Keys[2].Blob).Private) }] }),
            ];

            PackageVector Blobs2(string name, string why, MigrationBlob a, MigrationBlob b) =>
                Made(name, "Altered", why, two with { Keys = [two.Keys[0] with { Blob = a }, two.Keys[1] with { Blob = b }] });

            PackageVector Duplicate(string name, string why, Func<byte[], byte[]> change) => OneBlob(name, why, Change(first, duplicate: change));

            PackageVector Seed(string name, string why, Func<byte[], byte[]> change) => OneBlob(name, why, Change(first, seed: change));

            PackageVector Wrapped(string name, string why, WrappedKey wrapped) => OneBlob(name, why, Blob(wrapped));

            PackageVector OneBlob(string name, string why, MigrationBlob blob) => Made(name, "Altered", why, one with { Keys = [one.Keys[0] with { Blob = blob }] });

            PackageVector Child(string name, string why, int index, Func<byte[], byte[]> change)
            {
                List<PackageKey> keys = [.. family.Keys];
                var blob = (ChildBlob)keys[index].Blob;
                keys[index] = keys[index] with { Blob = blob with { Private = change(blob.Private) } };
                return Made(name, "Altered", why, family with { Keys = keys });
            }
        }
    }

    private static IEnumerable<PackageVector> SealedContent
    {
        get
        {
            MigrationPackage family = VectorPackages.Family();
            PackageDataKey key = family.DataKey!;
            PackageKey leaf = family.Keys[2];
            VectorKey other = VectorKey.Sealed("other data key", VectorFolder.Bytes("other", 32));
            WrappedKey otherWrapped = other.WrapTo(VectorKey.Destination("destination-ecc"), "other data key");
            return
            [
                Made("data-key-altered", "Altered", "a bit of the data key's duplicate changed", family with { DataKey = key with { Duplicate = [.. key.Duplicate[..^1], (byte)(key.Duplicate[^1] ^ 1)] } }),
                Made("data-key-seed-of-key", "Altered", "the seed of a key for the data key", family with { DataKey = key with { EncryptedSeed = ((MigrationBlob)family.Keys[0].Blob).EncryptedSeed } }),
                Made("data-key-other-public", "Altered", "the public area of another sealed-data object", family with { DataKey = key with { PublicArea = other.PublicArea } }),
                Made("data-key-other", "Altered", "another data key", family with { DataKey = new PackageDataKey(other.PublicArea, otherWrapped.Duplicate, otherWrapped.EncryptedSeed) }),
                Items("data-content-bit", "a bit of the content changed", i => i with { Content = [.. i.Content[..12], (byte)(i.Content[12] ^ 1), .. i.Content[13..]] }),
                Items("data-tag-bit", "a bit of the tag changed", i => i with { Content = [.. i.Content[..^1], (byte)(i.Content[^1] ^ 1)] }),
                Items("data-nonce-bit", "a bit of the nonce changed", i => i with { Content = [(byte)(i.Content[0] ^ 1), .. i.Content[1..]] }),
                Items("data-renamed", "another name", i => i with { Name = "other" }),
                Items("data-retyped", "another type", i => i with { Type = "Other" }),
                Items("data-other-media-type", "another media type", i => i with { MediaType = "text/html" }),
                Made("data-of-other-key", "Altered", "data given to another key of the package", family with { Keys = [family.Keys[0], family.Keys[1] with { Data = leaf.Data }, leaf with { Data = [] }] }),
            ];

            PackageVector Items(string name, string why, Func<SealedData, SealedData> change) =>
                Made(name, "Altered", why, family with { Keys = [family.Keys[0], family.Keys[1], leaf with { Data = [change(leaf.Data[0]), .. leaf.Data.Skip(1)] }] });
        }
    }

    private static IEnumerable<PackageVector> Approvals
    {
        get
        {
            VectorKey key = VectorPackages.First;
            byte[] whole = VectorPackages.Approval(key);
            string text = Encoding.UTF8.GetString(whole);
            return
            [
                Approved("approval-missing", "Missing", "no approval", null),
                Made("approval-missing-for-one", "Approval.Missing", "an approval for one key of two", VectorPackages.Two() with { Approvals = [whole] }),
                Changed("approval-for-other-key", "ForAnotherKey", "an approval for a key that is not in the package", a => a with { KeyTpmName = VectorPackages.Second.Name }),
                Made("approval-for-child", "Approval.ForAnotherKey", "an approval for a key that moves with its parent", VectorPackages.Family() with { Approvals = [VectorPackages.Approval(VectorPackages.Root), VectorPackages.Approval(VectorPackages.Leaf)] }),
                Changed("approval-for-other-destination", "ForAnotherDestination", "an approval for another destination", a => a with { DestinationName = VectorKey.Destination("destination-rsa").Name }),
                Changed("approval-for-no-destination", "ForAnotherDestination", "an approval for an empty name", a => a with { DestinationName = [] }),
                Changed("approval-on-other-machine", "ForAnotherMachine", "an approval that was given on another machine", a => a with { MachineName = VectorPackages.First.Name }),
                Changed("approval-over", "Expired", "an approval that had ended before the package was made", a => a with { ValidUntil = VectorPackages.Created.AddSeconds(-1) }),
                Changed("approval-ends-before-it-begins", "Expired", "an approval that ends before it was given", a => a with { Created = a.ValidUntil.AddSeconds(1) }),
                Document("approval-empty", "no byte at all", []),
                Document("approval-no-xml", "no XML", Encoding.UTF8.GetBytes("approved")),
                Document("approval-cut", "the first half", whole[..(whole.Length / 2)]),
                Document("approval-latin1", "not in UTF-8", Encoding.Latin1.GetBytes(text.Swap("moving house", "Umzug für alle"))),
                Document("approval-dtd", "a document type declaration", Encoding.UTF8.GetBytes(text.Swap("<MigrationApproval", "<!DOCTYPE a><MigrationApproval"))),
                Document("approval-no-reason", "no reason", Encoding.UTF8.GetBytes(text.Content("Reason", _ => " "))),
                Document("approval-other-root", "another document", Encoding.UTF8.GetBytes(text.Replace("MigrationApproval", "MigrationDestination", StringComparison.Ordinal))),
                Document("approval-other-namespace", "the namespace of another version", Encoding.UTF8.GetBytes(text.Swap("approval:1", "approval:2"))),
                Document("approval-unknown-element", "an element that is not known", Encoding.UTF8.GetBytes(text.Swap("<Machine", "<Note /><Machine"))),
                Document("approval-two", "two documents in one", [.. whole, .. whole]),
                Document("approval-local-time", "a time without zone", Encoding.UTF8.GetBytes(text.Attribute("<MigrationApproval", "validUntil", s => s.TrimEnd('Z')))),
            ];

            PackageVector Approved(string name, string fault, string why, byte[]? approval) =>
                Made(name, "Approval." + fault, why, VectorPackages.One() with { Approvals = approval == null ? [] : [approval] });

            PackageVector Changed(string name, string fault, string why, Func<OwnerApproval, OwnerApproval> change) =>
                Approved(name, fault, why, VectorPackages.Approval(key, change: change));

            PackageVector Document(string name, string why, byte[] document) => Approved(name, "Malformed", "an approval that is none: " + why, document);
        }
    }

    private static WrappedKey KeyWrapInner(TpmtPublic destination)
    {
        byte[] inner = InnerWrap.Seal(VectorFolder.Bytes("inner", 16), VectorPackages.First.Name, VectorPackages.First.Sensitive);
        return WithSeed(destination, SecretLabel.Duplicate, seed => OuterWrap.Seal(destination.NameAlg, destination.Symmetric.KeyBits, seed, VectorPackages.First.Name, inner));
    }

    private static WrappedKey Credential(TpmtPublic destination) => WithSeed(
        destination,
        SecretLabel.Identity,
        seed => OuterWrap.Seal(destination.NameAlg, destination.Symmetric.KeyBits, seed, VectorPackages.First.Name, SizedBytes.Join(VectorPackages.First.Sensitive)));

    private static WrappedKey WithSeed(TpmtPublic destination, string label, Func<byte[], byte[]> seal)
    {
        using SharedSecret seed = SecretSharing.Encapsulate(
            destination.ToAsymmetric(), destination.NameAlg, label, bytes => VectorFolder.Bytes(label, bytes.Length).CopyTo(bytes, 0), EccEngine.Default);
        return new WrappedKey(seal(seed.Secret), seed.EncryptedSecret);
    }

    private static MigrationBlob Blob(WrappedKey wrapped) => new(wrapped.Duplicate, wrapped.EncryptedSeed);

    private static MigrationBlob Change(MigrationBlob blob, Func<byte[], byte[]>? duplicate = null, Func<byte[], byte[]>? seed = null) =>
        new((duplicate ?? (b => b))(blob.Duplicate), (seed ?? (b => b))(blob.EncryptedSeed));

    private static string Item(Func<byte[], byte[]> change)
    {
        string start = Family.Part("<Item", "\">"), whole = Family.Part("<Item", "</Item>");
        return start + Convert.ToBase64String(change(Convert.FromBase64String(whole[start.Length..^"</Item>".Length]))) + "</Item>";
    }

    private static string Flip(string hex) => hex[..^1] + (hex[^1] == '0' ? '1' : '0');

    private static string Next(string number, int by) => (int.Parse(number, System.Globalization.CultureInfo.InvariantCulture) + by).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static PackageVector Bad(string name, string expected, string why, string template) => new(name, expected, why, VectorText.Sign(template));

    private static PackageVector Made(string name, string expected, string why, MigrationPackage package, string destination = "destination-ecc") =>
        new(name, expected, why, VectorText.Sign(VectorText.Template(package))) { Destination = destination };

    /// <summary>A package for an endorsement key that differs from its template.</summary>
    private static MigrationPackage Endorsed(Func<TpmtPublic, TpmaObject> attributes, Func<TpmtPublic, byte[]> policy)
    {
        TpmtPublic key = VectorKey.Endorsement("destination-ecc");
        var other = new TpmtPublic { NameAlg = key.NameAlg, ObjectAttributes = attributes(key), AuthPolicy = policy(key), Parameters = key.Parameters, Point = key.Point };
        return VectorPackages.One() with { Destination = new PackageDestination(PackageDestinationKind.EndorsementKey, "machine-b", other) };
    }
}
