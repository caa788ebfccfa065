using System;
using System.IO;
using System.Linq;
using System.Text;
using CsCheck;
using TpmMigration.Keys;
using TpmMigration.Testing;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Keys.KeyFiles;

public sealed class TpmKeyFileTests
{
    private static readonly byte[] Plain = Der.Key(Der.Loadable, Der.EmptyAuth, Der.Owner, Der.Public, Der.Private);

    public static TheoryData<string, byte[]> GoodKeys => new()
    {
        { "plain", Plain },
        { "no emptyAuth", Der.Key(Der.Loadable, Der.Owner, Der.Public, Der.Private) },
        { "emptyAuth false", Der.Key(Der.Loadable, Hex("A003010100"), Der.Owner, Der.Public, Der.Private) },
        { "importable", Der.Key(Der.Importable, Der.Secret, Der.Owner, Der.Public, Der.Private) },
        { "sealed", Der.Key(Der.Sealed, Der.EmptyAuth, Der.Owner, Der.Public, Der.Private) },
        { "persistent parent", Der.Key(Der.Loadable, Hex("02050081000001"), Der.Public, Der.Private) },
        { "parent 0", Der.Key(Der.Loadable, Hex("020100"), Der.Public, Der.Private) },
        { "policy", Der.Key(Der.Loadable, Der.Policy, Der.Owner, Der.Public, Der.Private) },
        { "empty policy", Der.Key(Der.Loadable, Hex("A1023000"), Der.Owner, Der.Public, Der.Private) },
        { "authPolicy", Der.Key(Der.Loadable, Der.AuthPolicy, Der.Owner, Der.Public, Der.Private) },
        { "authPolicy without name", Der.Key(Der.Loadable, Hex("A30830063004A1023000"), Der.Owner, Der.Public, Der.Private) },
        { "description", Der.Key(Der.Loadable, Der.Description, Der.Owner, Der.Public, Der.Private) },
        { "rsaParent", Der.Key(Der.Loadable, Der.RsaParent, Der.Owner, Der.Public, Der.Private) },
        { "all fields", Der.Key(Der.Importable, Der.EmptyAuth, Der.Policy, Der.Secret, Der.AuthPolicy, Der.Description, Der.RsaParent, Der.Owner, Der.Public, Der.Private) },
        { "long fields", Der.Key(Der.Loadable, Der.Owner, Der.Tlv(4, Tpm2b(200)), Der.Tlv(4, Tpm2b(1000))) },
    };

    [Theory]
    [MemberData(nameof(GoodKeys), DisableDiscoveryEnumeration = true)]
    public void Reading_then_writing_is_the_identity(string what, byte[] der)
    {
        Assert.NotEmpty(what);
        Assert.Equal(der, TpmKeyFile.FromDer(der).ToDer());
        TpmKeyFile fromPem = TpmKeyFile.FromPem(Encoding.ASCII.GetBytes(Der.Pem(der)));
        byte[] pem = fromPem.ToPem();
        Assert.Equal(der, fromPem.ToDer());
        Assert.Equal(pem, TpmKeyFile.FromPem(pem).ToPem());
    }

    [Fact]
    public void Every_field_is_read()
    {
        TpmKeyFile key = TpmKeyFile.FromDer(Der.Key(Der.Importable, Der.EmptyAuth, Der.Policy, Der.Secret, Der.AuthPolicy, Der.Description, Der.RsaParent, Hex("02050081000001"), Der.Public, Der.Private));
        var step = new PolicyStep(0x16B, []);
        Assert.Equal((TpmKeyFileKind.Importable, true, false, "Schlüssel", 0x81000001u), (key.Kind, key.EmptyAuth, key.RsaParent, key.Description, key.Parent));
        Assert.Equal([step], key.Policy!);
        TpmAuthPolicy policy = Assert.Single(key.AuthPolicies!);
        Assert.Equal("duplicate", policy.Name);
        Assert.Equal([step, step], policy.Steps);
        Assert.Equal("0002EEFF0004AABBCCDD0003112233", Convert.ToHexString([.. key.Secret!, .. key.Public, .. key.Private]));
        Assert.Null(key.DuplicationPolicy);
    }

    [Fact]
    public void A_true_written_as_1_is_read_and_corrected()
    {
        TpmKeyFile key = TpmKeyFile.FromDer(Der.Key(Der.Loadable, Hex("A003010101"), Der.Owner, Der.Public, Der.Private));
        Assert.True(key.EmptyAuth);
        Assert.Equal(Plain, key.ToDer());
    }

    public static TheoryData<string, byte[], KeyFileFault, string> BadKeys => new()
    {
        { "nothing", [], KeyFileFault.BadStructure, "missing" },
        { "no sequence", Hex("0400"), KeyFileFault.BadStructure, "tag 0x30" },
        { "trailing byte", [.. Plain, 0], KeyFileFault.BadStructure, "1 bytes more" },
        { "cut off", Plain[..^1], KeyFileFault.BadStructure, "cut off" },
        { "indefinite length", [0x30, 0x80, .. Plain[2..], 0, 0], KeyFileFault.BadStructure, "indefinite" },
        { "long form of a short length", [0x30, 0x81, .. Plain[1..]], KeyFileFault.BadStructure, "shortest" },
        { "length of three bytes", [0x30, 0x83, 0, 0, .. Plain[1..]], KeyFileFault.BadStructure, "length of 3" },
        { "huge length", [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], KeyFileFault.BadStructure, "length of 4" },
        { "length cut off", [0x30, 0x82, 1], KeyFileFault.BadStructure, "cut off" },
        { "only a tag", [0x30], KeyFileFault.BadStructure, "no length" },
        { "foreign identifier", Der.Key(Hex("06092A864886F70D010101"), Der.Owner, Der.Public, Der.Private), KeyFileFault.UnknownKind, "2.23.133.10.1.3" },
        { "old identifier", Der.Key(Hex("06056781050A02"), Der.Owner, Der.Public, Der.Private), KeyFileFault.UnknownKind, "older programs" },
        { "identifier after the last", Der.Key(Hex("06066781050A0106"), Der.Owner, Der.Public, Der.Private), KeyFileFault.UnknownKind, "2.23.133" },
        { "no identifier", Der.Key(Der.Owner, Der.Public, Der.Private), KeyFileFault.BadStructure, "type" },
        { "repeated field", Der.Key(Der.Loadable, Der.EmptyAuth, Der.EmptyAuth, Der.Owner, Der.Public, Der.Private), KeyFileFault.UnexpectedField, "twice" },
        { "fields out of order", Der.Key(Der.Loadable, Der.Policy, Der.EmptyAuth, Der.Owner, Der.Public, Der.Private), KeyFileFault.UnexpectedField, "out of order" },
        { "unknown field", Der.Key(Der.Loadable, Hex("A6030101FF"), Der.Owner, Der.Public, Der.Private), KeyFileFault.UnexpectedField, "[6]" },
        { "implicit tag", Der.Key(Der.Loadable, Hex("8001FF"), Der.Owner, Der.Public, Der.Private), KeyFileFault.BadStructure, "parent" },
        { "secret in a loadable key", Der.Key(Der.Loadable, Der.Secret, Der.Owner, Der.Public, Der.Private), KeyFileFault.UnexpectedField, "no secret" },
        { "importable key without secret", Der.Key(Der.Importable, Der.Owner, Der.Public, Der.Private), KeyFileFault.UnexpectedField, "has no secret" },
        { "long boolean", Der.Key(Der.Loadable, Hex("A0040102FFFF"), Der.Owner, Der.Public, Der.Private), KeyFileFault.BadStructure, "BOOLEAN of 2" },
        { "two values in a field", Der.Key(Der.Loadable, Hex("A0060101FF0101FF"), Der.Owner, Der.Public, Der.Private), KeyFileFault.BadStructure, "more than it should" },
        { "negative parent", Der.Key(Der.Loadable, Hex("020481000001"), Der.Public, Der.Private), KeyFileFault.BadValue, "unsigned" },
        { "parent of 40 bits", Der.Key(Der.Loadable, Hex("02050140000001"), Der.Public, Der.Private), KeyFileFault.BadValue, "unsigned" },
        { "empty parent", Der.Key(Der.Loadable, Hex("0200"), Der.Public, Der.Private), KeyFileFault.BadStructure, "shortest" },
        { "parent with a zero in front", Der.Key(Der.Loadable, Hex("02050040000001"), Der.Public, Der.Private), KeyFileFault.BadStructure, "shortest" },
        { "transient parent", Der.Key(Der.Loadable, Hex("02050080000000"), Der.Public, Der.Private), KeyFileFault.BadValue, "persistent" },
        { "public size too small", Der.Key(Der.Loadable, Der.Owner, Hex("04060003AABBCCDD"), Der.Private), KeyFileFault.SizeMismatch, "pubkey" },
        { "public size too big", Der.Key(Der.Loadable, Der.Owner, Hex("04060005AABBCCDD"), Der.Private), KeyFileFault.SizeMismatch, "pubkey" },
        { "private size too big", Der.Key(Der.Loadable, Der.Owner, Der.Public, Hex("04050004112233")), KeyFileFault.SizeMismatch, "privkey" },
        { "empty private", Der.Key(Der.Loadable, Der.Owner, Der.Public, Hex("04020000")), KeyFileFault.SizeMismatch, "privkey" },
        { "secret size", Der.Key(Der.Importable, Hex("A20604040003EEFF"), Der.Owner, Der.Public, Der.Private), KeyFileFault.SizeMismatch, "secret" },
        { "no private", Der.Key(Der.Loadable, Der.Owner, Der.Public), KeyFileFault.BadStructure, "privkey is missing" },
        { "more after private", Der.Key(Der.Loadable, Der.Owner, Der.Public, Der.Private, Der.Private), KeyFileFault.BadStructure, "more than it should" },
        { "constructed octet string", Der.Key(Der.Loadable, Der.Owner, Hex("240804060004AABBCCDD"), Der.Private), KeyFileFault.BadStructure, "pubkey" },
        { "bad UTF-8", Der.Key(Der.Loadable, Hex("A4040C02C328"), Der.Owner, Der.Public, Der.Private), KeyFileFault.BadValue, "UTF-8" },
        { "policy without command", Der.Key(Der.Loadable, Der.Explicit(1, Der.Tlv(0x30, Der.Tlv(0x30, Hex("A1020400")))), Der.Owner, Der.Public, Der.Private), KeyFileFault.BadStructure, "commandCode" },
        { "policy without body", Der.Key(Der.Loadable, Der.Explicit(1, Der.Tlv(0x30, Der.Tlv(0x30, Hex("A0040202016B")))), Der.Owner, Der.Public, Der.Private), KeyFileFault.BadStructure, "commandPolicy" },
        { "command of 40 bits", Der.Key(Der.Loadable, Der.Explicit(1, Der.Tlv(0x30, Der.Tlv(0x30, Hex("A00702050100000000A1020400")))), Der.Owner, Der.Public, Der.Private), KeyFileFault.BadValue, "commandCode" },
        { "authPolicy without steps", Der.Key(Der.Loadable, Hex("A30430023000"), Der.Owner, Der.Public, Der.Private), KeyFileFault.BadStructure, "policy of an authPolicy" },
    };

    [Theory]
    [MemberData(nameof(BadKeys), DisableDiscoveryEnumeration = true)]
    public void A_key_with_one_fault_is_refused_with_that_fault(string what, byte[] der, KeyFileFault fault, string message)
    {
        KeyFileException refusal = Assert.Throws<KeyFileException>(() => TpmKeyFile.FromDer(der));
        Assert.True(refusal.Fault == fault, $"{what}: {refusal.Fault} {refusal.Message}");
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, KeyFileFault> BadTexts => new()
    {
        { "empty", "", KeyFileFault.NoPemBlock },
        { "no block", "hello\n", KeyFileFault.NoPemBlock },
        { "no end", Der.Pem(Plain).Replace("-----END TSS2 PRIVATE KEY-----", "", StringComparison.Ordinal), KeyFileFault.NoPemBlock },
        { "other end", Der.Pem(Plain).Replace("END TSS2", "END", StringComparison.Ordinal), KeyFileFault.NoPemBlock },
        { "begin twice", "-----BEGIN TSS2 PRIVATE KEY-----\n" + Der.Pem(Plain), KeyFileFault.NoPemBlock },
        { "other label", Der.Pem(Plain).Replace("TSS2 PRIVATE KEY", "PRIVATE KEY", StringComparison.Ordinal), KeyFileFault.WrongLabel },
        { "certificate first", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + Der.Pem(Plain), KeyFileFault.WrongLabel },
        { "two keys", Der.Pem(Plain) + Der.Pem(Plain), KeyFileFault.SeveralBlocks },
        { "text after", Der.Pem(Plain) + "bye\n", KeyFileFault.SeveralBlocks },
        { "empty block", "-----BEGIN TSS2 PRIVATE KEY-----\n-----END TSS2 PRIVATE KEY-----\n", KeyFileFault.BadBase64 },
        { "foreign character", Der.Pem(Plain).Replace("MC", "M*", StringComparison.Ordinal), KeyFileFault.BadBase64 },
        { "headers", Der.Pem(Plain).Replace("KEY-----\nM", "KEY-----\nProc-Type: 4,ENCRYPTED\n\nM", StringComparison.Ordinal), KeyFileFault.BadBase64 },
        { "missing character", Der.Pem(Plain).Replace("\n-----END", "A\n-----END", StringComparison.Ordinal), KeyFileFault.BadBase64 },
        { "zero bytes", string.Join('\0', Der.Pem(Plain).ToCharArray()), KeyFileFault.WrongEncoding },
        { "bad policy text", "TPM-Duplication-Policy:\n MA*=\n" + Der.Pem(Plain), KeyFileFault.BadBase64 },
        { "policy text that is no policy", "TPM-Duplication-Policy:\n BAA=\n" + Der.Pem(Plain), KeyFileFault.BadStructure },
        { "policy text twice", "TPM-Duplication-Policy:\n MAA=\nTPM-Duplication-Policy:\n MAA=\n" + Der.Pem(Plain), KeyFileFault.UnexpectedField },
        { "too large", new string('x', TpmKeyFile.MaxBytes) + "\n" + Der.Pem(Plain), KeyFileFault.TooLarge },
    };

    [Theory]
    [MemberData(nameof(BadTexts), DisableDiscoveryEnumeration = true)]
    public void A_text_with_one_fault_is_refused_with_that_fault(string what, string text, KeyFileFault fault)
    {
        KeyFileException refusal = Assert.Throws<KeyFileException>(() => TpmKeyFile.FromPem(Encoding.ASCII.GetBytes(text)));
        Assert.True(refusal.Fault == fault, $"{what}: {refusal.Fault} {refusal.Message}");
    }

    [Theory]
    [InlineData("\n", "")]
    [InlineData("\r\n", "")]
    [InlineData("\r", "")]
    [InlineData("  \n", "\uFEFF")]
    [InlineData("\n", "Key of the gateway in Zürich\n\n")]
    public void Line_ends_of_all_systems_and_text_before_the_key_are_read(string lineEnd, string before)
    {
        string text = before + Der.Pem(Plain);
        if (before == "\uFEFF") text = before + "\n" + Der.Pem(Plain);
        Assert.Equal(Plain, TpmKeyFile.FromPem(Encoding.UTF8.GetBytes(text.Replace("\n", lineEnd, StringComparison.Ordinal))).ToDer());
    }

    [Fact]
    public void The_policy_for_duplication_travels_before_the_block_and_not_in_it()
    {
        PolicyStep[][] branches = [[new PolicyStep(0x16B, []), new PolicyStep(0x160, new byte[300])], [new PolicyStep(0x16C, [0, 0, 1, 0x4B])]];
        byte[] pem = (TpmKeyFile.FromDer(Plain) with { DuplicationPolicy = branches }).ToPem();
        string text = Encoding.ASCII.GetString(pem);
        Assert.StartsWith("TPM-Duplication-Policy:\n ", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, 65));
        TpmKeyFile read = TpmKeyFile.FromPem(pem);
        Assert.Equal(branches, read.DuplicationPolicy);
        Assert.Equal(Plain, read.ToDer());
        Assert.Equal(pem, TpmKeyFile.FromPem(Encoding.ASCII.GetBytes("Made by hand\n" + text.Replace("\n", "\r\n", StringComparison.Ordinal))).ToPem());
    }

    [Fact]
    public void An_impossible_key_is_not_written()
    {
        TpmKeyFile key = TpmKeyFile.FromDer(Plain);
        Assert.Equal(KeyFileFault.SizeMismatch, Assert.Throws<KeyFileException>(() => (key with { Public = [0, 1] }).ToDer()).Fault);
        Assert.Equal(KeyFileFault.UnexpectedField, Assert.Throws<KeyFileException>(() => (key with { Kind = TpmKeyFileKind.Importable }).ToPem()).Fault);
        Assert.Equal(KeyFileFault.BadValue, Assert.Throws<KeyFileException>(() => (key with { Parent = 0x80000000 }).ToPem()).Fault);
        Assert.Equal(KeyFileFault.TooLarge, Assert.Throws<KeyFileException>(() => (key with { Private = Tpm2b(65_000) }).ToPem()).Fault);
    }

    [Fact]
    public void An_error_in_a_file_names_the_file_and_not_its_content()
    {
        using var folder = new TemporaryFolder("keyfile-");
        File.WriteAllText(folder["a.pem"], Der.Pem(Der.Key(Der.Loadable, Der.Owner, Der.Public, Hex("04050004112233"))));
        KeyFileException refusal = Assert.Throws<KeyFileException>(() => TpmKeyFile.Load(folder["a.pem"]));
        Assert.Contains(folder["a.pem"], refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("112233", refusal.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<IOException>(() => TpmKeyFile.Load(folder["missing.pem"]));
    }

    [Fact]
    public void Any_damage_is_either_harmless_or_a_key_file_error()
    {
        byte[] der = Der.Key(Der.Importable, Der.EmptyAuth, Der.Policy, Der.Secret, Der.AuthPolicy, Der.Description, Der.RsaParent, Der.Owner, Der.Public, Der.Private);
        Gen.Select(Gen.Int[0, der.Length - 1], Gen.Byte, Gen.Int[0, der.Length]).Sample((at, value, length) =>
        {
            byte[] damaged = (byte[])der.Clone();
            damaged[at] = value;
            damaged = damaged[..length];
            try
            {
                byte[] again = TpmKeyFile.FromDer(damaged).ToDer();
                return again.Length == damaged.Length;
            }
            catch (KeyFileException)
            {
                return true;
            }
        });
    }

    private static byte[] Hex(string digits) => Convert.FromHexString(digits);

    private static byte[] Tpm2b(int size) => [(byte)(size >> 8), (byte)size, .. Enumerable.Repeat((byte)7, size)];
}
