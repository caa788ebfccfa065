using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TpmMigration.Keys;
using TpmMigration.Tests.Keys.Wrapping;
using Xunit;

namespace TpmMigration.Tests.Keys.Data;

/// <summary>What each type of data takes.</summary>
public sealed class KeyDataContentTests : IDisposable
{
    private readonly TestCertificates _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("ecc")]
    [InlineData("rsa")]
    public void A_certificate_becomes_a_chain_in_PEM_that_begins_with_the_key_s_own(string type)
    {
        StoredKey key = SoftwareStoredKey(type);
        byte[] leaf = _authority.IssueFor(key);
        string others = PemEncoding.WriteString("CERTIFICATE", _authority.Root.RawData) + "\n" + PemEncoding.WriteString("CERTIFICATE", leaf);

        foreach (byte[] given in new[] { leaf, Encoding.ASCII.GetBytes("issued by us\r\n" + others.Replace("\n", "\r\n", StringComparison.Ordinal)) })
        {
            using KeyData data = KeyDataContent.Make(key, KeyDataType.CertificateChain, null, null, (byte[])given.Clone());
            var read = new X509Certificate2Collection();
            read.ImportFromPem(Encoding.ASCII.GetString(data.Content));
            Assert.Equal(leaf, read[0].RawData);
            Assert.Equal(given == leaf ? 1 : 2, read.Count);
            Assert.Equal(("certificate", "application/pem-certificate-chain"), (data.Info.Name, data.Info.MediaType));
        }
    }

    [Fact]
    public void A_certificate_for_another_key_is_refused()
    {
        byte[] foreign = _authority.IssueFor(SoftwareStoredKey("ecc"));
        foreach (string type in new[] { "ecc", "rsa" })
        {
            KeyDataException error = Refused(SoftwareStoredKey(type), KeyDataType.CertificateChain, (byte[])foreign.Clone());
            Assert.Equal(KeyDataFault.CertificateForAnotherKey, error.Fault);
            Assert.Contains("gateway", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_certificate_for_an_unknown_kind_of_key_is_one_for_another_key()
    {
        StoredKey key = SoftwareStoredKey("ecc");
        byte[] unknown = _authority.IssueFor(key);
        byte[] ecPublicKey = [0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
        unknown[unknown.AsSpan().IndexOf(ecPublicKey) + ecPublicKey.Length - 1] = 0x7F;
        Assert.Equal(KeyDataFault.CertificateForAnotherKey, Refused(key, KeyDataType.CertificateChain, unknown).Fault);
    }

    [Fact]
    public void What_is_not_of_its_type_is_refused()
    {
        StoredKey key = SoftwareStoredKey("ecc");
        byte[] leaf = _authority.IssueFor(key);
        (string Type, byte[] Content)[] cases =
        [
            (KeyDataType.CertificateChain, []),
            (KeyDataType.CertificateChain, Text("nothing of the sort")),
            (KeyDataType.CertificateChain, leaf[..^1]),
            (KeyDataType.CertificateChain, [.. leaf, 0]),
            (KeyDataType.CertificateChain, Text("-----BEGIN CERTIFICATE-----\nAAAA")),
            (KeyDataType.CertificateChain, Text("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----")),
            (KeyDataType.KeyPassword, []),
            (KeyDataType.KeyPassword, [0xFF, 0xFE]),
            (KeyDataType.KeyFile, Text("no key file")),
            (KeyDataType.KeyFile, [0x30, 0]),
            (KeyDataType.KeyContainer, []),
            (KeyDataType.KeyContainer, Text("a\nb\nc")),
            (KeyDataType.KeyContainer, Text("a\u0001")),
            ("no type", [1]),
        ];
        Assert.All(cases, c => Assert.Equal(KeyDataFault.NotValid, Refused(key, c.Type, c.Content).Fault));
        Assert.Equal(KeyDataFault.NotValid, Assert.Throws<KeyDataException>(() => KeyDataContent.Make(key, KeyDataType.Data, "../x", null, [1])).Fault);
        Assert.Equal(KeyDataFault.NotValid, Assert.Throws<KeyDataException>(() => KeyDataContent.Make(key, KeyDataType.Data, null, null, [1])).Fault);
    }

    [Fact]
    public void A_key_container_is_its_name_and_that_of_its_provider()
    {
        StoredKey key = SoftwareStoredKey("ecc");
        using KeyData one = KeyDataContent.Make(key, KeyDataType.KeyContainer, null, null, Text("tq-Web-1"));
        using KeyData two = KeyDataContent.Make(key, KeyDataType.KeyContainer, null, null, Text("tq-Web-1\r\nMicrosoft Software Key Storage Provider\r\n"));
        Assert.Equal(new KeyContainer("tq-Web-1", KeyContainer.PlatformCryptoProvider), KeyContainer.Parse(one.Content));
        Assert.Equal(new KeyContainer("tq-Web-1", "Microsoft Software Key Storage Provider"), KeyContainer.Parse(two.Content));
    }

    [Fact]
    public void An_unknown_type_is_kept_as_it_is()
    {
        using KeyData data = KeyDataContent.Make(SoftwareStoredKey("ecc"), "vendor.Thing", "thing", null, [1, 2]);
        Assert.Equal(("vendor.Thing", 2), (data.Info.Type, data.Info.Length));
    }

    [Fact]
    public void Content_is_cleared_when_it_is_done_with()
    {
        byte[] refused = Text("no certificate");
        Refused(SoftwareStoredKey("ecc"), KeyDataType.CertificateChain, refused);
        Assert.Equal(new byte[refused.Length], refused);
        byte[] password = Text("geheim");
        KeyDataContent.Make(SoftwareStoredKey("ecc"), KeyDataType.KeyPassword, null, null, password).Dispose();
        Assert.Equal(new byte[6], password);
    }

    private static KeyDataException Refused(StoredKey key, string type, byte[] content) =>
        Assert.Throws<KeyDataException>(() => KeyDataContent.Make(key, type, "x", null, content));

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static StoredKey SoftwareStoredKey(string type) => StoredKeys.Make(
        new KeyRecord { Name = "k", Created = StoredKeys.Now(), Origin = KeyOrigin.Created, Parent = new KeyParent(null, []) },
        SoftwareKey.Signing(type).PublicArea, [1], false, TpmKeyFile.OwnerHierarchy);
}
