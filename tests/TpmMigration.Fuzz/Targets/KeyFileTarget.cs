using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Fuzz.Engine;
using TpmMigration.Fuzz.Mutation;
using TpmMigration.Keys;
using TpmMigration.Tests.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Fuzz.Targets;

/// <summary>
/// What a key store holds: key files (PEM and DER) with the text before them, records, data, the journal; and files made elsewhere: keys and
/// endorsement certificates.
/// Each input goes to all of these readers.
/// </summary>
public sealed class KeyFileTarget : FuzzTarget
{
    private const string Begin = "-----BEGIN TSS2 PRIVATE KEY-----\n";
    private const int DataStart = 16 + 4;
    private const string PolicyLabel = "TPM-Duplication-Policy:\n";

    private static readonly BytesMutator s_text = new(new[]
    {
        "-----BEGIN TSS2 PRIVATE KEY-----\n", "-----END TSS2 PRIVATE KEY-----\n", "-----BEGIN CERTIFICATE-----\n", "-----", "TPM-Duplication-Policy:\n", "\n ", "\r\n", "\r", " ", "\t", "=", "==", "A", "\0", "\u00FF",
        "tpm-migration store journal 1\n", "put ", "delete - ", "end ", ".pem\n", "../", "/", "\\",
    }.Select(Encoding.Latin1.GetBytes).ToList());

    public KeyFileTarget()
    {
        // The library bounds how often a password is hashed, at some seconds. Fewer here leave time for other inputs.
        Environment.SetEnvironmentVariable("Org.BouncyCastle.Pbe.MaxIterationCount", "20000");
    }

    public override string Name => "keyfile";

    public override IReadOnlyList<byte[]> Seeds()
    {
        TpmKeyFile loadable = File(TpmKeyFileKind.Loadable);
        TpmKeyFile[] files =
        [
            loadable,
            loadable with { Kind = TpmKeyFileKind.Sealed, EmptyAuth = false, Parent = 0x81000001 },
            loadable with { Kind = TpmKeyFileKind.Importable, Secret = Sized(SamplePackages.Bytes(3, 68)) },
            loadable with { DuplicationPolicy = [KeyPolicies.MigratableBranch, KeyPolicies.MigratableBranch] },
            loadable with
            {
                EmptyAuth = true,
                Policy = KeyPolicies.MigratableBranch,
                AuthPolicies = [new TpmAuthPolicy("a name", KeyPolicies.MigratableBranch), new TpmAuthPolicy(null, [])],
                Description = "a key \u00e4",
                RsaParent = false,
                Parent = 0,
            },
        ];
        TpmtPublic certified = SamplePackages.Key(1, "A", KeyRole.Sign).PublicArea;
        var record = new KeyRecord { Name = "Key-1", Created = SamplePackages.Created, Origin = KeyOrigin.Created, Parent = new KeyParent(null, SamplePackages.Parent.Name) };
        KeyRecord full = record with
        {
            Origin = KeyOrigin.Imported(new Guid(SamplePackages.Bytes(1, 16))),
            Parent = new KeyParent("Parent", SamplePackages.Parent.Name),
            Description = "two\nlines \u00e4",
            PolicyBranches = [KeyPolicies.MigratableBranch, []],
            ExpectedPcrs = SamplePackages.Pcrs,
            Certification = SampleCertifications.Of(certified),
        };
        string hash = KeyRecordXml.Hash([1]);
        return
        [
            .. files.Select(f => f.ToPem()),
            .. files.Select(f => f.ToDer()),
            KeyRecordXml.Write(record, hash),
            KeyRecordXml.Write(full, hash),
            .. SampleSources.All(),
            .. SampleDocuments.Destination.EndorsementCertificates,
            Data(),
            StoreJournal.Write([new StoreFileChange("A" + StorePaths.KeyExtension, hash), new StoreFileChange("B" + StorePaths.RecordExtension, null)]),
        ];
    }

    public override byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        if (StartsAsData(input)) return SealedData(random.OnceIn(6) ? s_text.Mutate(random, input, other) : WireMutator.Mutate(random, input, other));
        if (random.OnceIn(6)) return s_text.Mutate(random, input, other);
        if (input.Length > 0 && input[0] == 0x30) return DerMutator.Mutate(random, input, other);
        if (XmlMutator.Parse(input) is { } record) return MutateRecord(random, record, input, other);
        return MutatePem(random, input, other);
    }

    public override string Run(byte[] input) => string.Join(" | ",
        Outcome.Of("DER", () => Use(TpmKeyFile.FromDer(input)), typeof(KeyFileException)),
        Outcome.Of("PEM", () => Use(TpmKeyFile.FromPem(input)), typeof(KeyFileException)),
        Outcome.Of("record", () => Use(KeyRecordXml.Read(input)), typeof(FormatException)),
        Outcome.Of("data", () => Words(KeyDataFile.Read(new MemoryStream(input), _ => true).Items.Count), typeof(FormatException)),
        Outcome.Of("source", () => Use(KeySource.Read(input, SampleSources.Password)), typeof(KeySourceException)),
        Outcome.Of("endorsement", () => Use(EndorsementCertificate.Read(input)), typeof(DestinationException)),
        Outcome.Of("journal", () => Words(StoreJournal.Read(input).Count), typeof(InvalidDataException)));

    /// <summary>What is read is written again, and is then the same; its public area is read as a loader does.</summary>
    private static string Use(TpmKeyFile file)
    {
        byte[] der = file.ToDer();
        if (!TpmKeyFile.FromDer(der).ToDer().AsSpan().SequenceEqual(der)) throw new InvalidOperationException("A key file is another one when it was written and read.");
        string pem = Outcome.Of("again", () => TpmKeyFile.FromPem(file.ToPem()).DuplicationPolicy == null ? "no policy" : "policy", typeof(KeyFileException));
        string publicArea = Outcome.Of("public", () => PublicAreaUse.Words(TpmtPublic.UnmarshalSized(file.Public)), typeof(TpmWireException), typeof(UnsupportedAlgorithmException));
        return $"{file.Kind}, {pem}, {publicArea}";
    }

    private static string Use((KeyRecord Record, string KeyFileHash) read)
    {
        KeyRecord record = read.Record;
        KeyRecordXml.Write(record, read.KeyFileHash);
        return $"{Words(record.PolicyBranches.Count)} branches, {(record.Certification == null ? "not " : "")}certified";
    }

    private static string Use(KeySource source)
    {
        using (source) return $"{source.Key.GetType().Name}, {Words(source.Certificates.Count)} certificates";
    }

    private static string Use(EndorsementCertificate certificate) =>
        $"{EndorsementTemplate.Of(certificate.PublicArea)!.Name}, {(certificate.Remark == null ? "well-formed" : "not well-formed")}";

    private static string Words(int count) => count switch { 0 => "no", 1 => "one", _ => "several" };

    private static byte[] MutateRecord(Random random, XElement record, byte[] input, byte[] other)
    {
        if (random.OnceIn(4)) return Sealed(XmlMutator.MutateText(random, input, other));
        XmlMutator.Mutate(random, record, XmlMutator.Parse(other) ?? record);
        byte[] bytes = XmlMutator.Write(record) ?? input;
        return random.OnceIn(8) ? bytes : Sealed(bytes);
    }

    /// <summary>A record with the right checksum for what it now is.</summary>
    private static byte[] Sealed(byte[] record)
    {
        const string attribute = " checksum=\"";
        string text = Encoding.Latin1.GetString(record);
        int start = text.IndexOf(attribute, StringComparison.Ordinal) + attribute.Length;
        int end = start < attribute.Length ? -1 : text.IndexOf('"', start);
        if (end < 0) return record;
        string open = text.Remove(start, end - start);
        return Encoding.Latin1.GetBytes(open.Insert(start, KeyRecordXml.Hash(Encoding.Latin1.GetBytes(open))));
    }

    private static byte[] Data()
    {
        var items = new[] { new SealedKeyData(new KeyDataInfo("Data", "notes", "text/plain", 5), SamplePackages.Bytes(1, 5 + KeyDataCipher.Overhead)) };
        return new KeyDataFile(SamplePackages.Parent.Name, SamplePackages.Parent.Name, items).Write();
    }

    private static bool StartsAsData(byte[] input) => input.Length > DataStart && Encoding.ASCII.GetString(input, 0, 12) == "TPM key data";

    /// <summary>A file of data with the right size and checksum for its index, as far as it has one.</summary>
    private static byte[] SealedData(byte[] file)
    {
        if (!StartsAsData(file)) return file;
        int end = DataStart + BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(DataStart - 4));
        if (end >= DataStart && end <= file.Length - 32) SHA256.HashData(file.AsSpan(0, end)).CopyTo(file, end);
        return file;
    }

    /// <summary>Changes what one of the two base64 texts of a PEM file holds, or the text around them.</summary>
    private static byte[] MutatePem(Random random, byte[] input, byte[] other)
    {
        string text = Encoding.Latin1.GetString(input);
        bool policy = random.OnceIn(3) && text.Contains(PolicyLabel, StringComparison.Ordinal);
        string label = policy ? PolicyLabel : Begin;
        if (!text.Contains(label, StringComparison.Ordinal)) label = text.Substring(0, text.IndexOf('\n', StringComparison.Ordinal) + 1);
        if (label.Length == 0) return s_text.Mutate(random, input, other);
        int start = text.IndexOf(label, StringComparison.Ordinal) + label.Length;
        int end = start < label.Length ? -1 : text.IndexOf('-', start);
        if (end < 0) return s_text.Mutate(random, input, other);
        byte[] bytes = new byte[end - start];
        string base64 = new(text.Substring(start, end - start).Where(c => !char.IsWhiteSpace(c)).ToArray());
        if (!Convert.TryFromBase64String(base64, bytes, out int count)) return s_text.Mutate(random, input, other);
        string changed = Convert.ToBase64String(DerMutator.Mutate(random, bytes.AsSpan(0, count).ToArray(), other));
        int width = random.OnceIn(8) ? 1 + random.Next(200) : 64;
        string folded = string.Concat(changed.Chunk(width).Select(line => (policy ? " " : "") + new string(line) + "\n"));
        return Encoding.Latin1.GetBytes(text.Substring(0, start) + folded + text.Substring(end));
    }

    private static TpmKeyFile File(TpmKeyFileKind kind) => new()
    {
        Kind = kind,
        Parent = TpmKeyFile.OwnerHierarchy,
        Public = SamplePackages.Parent.MarshalSized(),
        Private = Sized(SamplePackages.Bytes(2, 160)),
    };

    private static byte[] Sized(byte[] content) => [(byte)(content.Length >> 8), (byte)content.Length, .. content];
}
